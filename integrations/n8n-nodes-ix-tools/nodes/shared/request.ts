import {
	NodeApiError,
	type IDataObject,
	type IExecuteFunctions,
	type IHookFunctions,
	type IHttpRequestMethods,
	type IWebhookFunctions,
	type JsonObject,
} from 'n8n-workflow';

type Context = IExecuteFunctions | IHookFunctions | IWebhookFunctions;

/** An answer of the server. */
export interface Answer {
	status: number;
	headers: IDataObject;
	body: IDataObject;
}

interface Options {
	body?: IDataObject;
	query?: IDataObject;
	/** Statuses of errors that the caller deals with. */
	expected?: number[];
	itemIndex?: number;
}

/** Send a request with the token of the credential. Raises NodeApiError with the server's own words. */
export async function request(
	context: Context,
	method: IHttpRequestMethods,
	path: string,
	options: Options = {},
): Promise<Answer> {
	const answer = await send(context, method, path, { ...options, accept: 'application/json' });
	return { ...answer, body: (answer.body ?? {}) as IDataObject };
}

/** Fetch a PDF; null while it is still being made. */
export async function fetchPdf(
	context: IExecuteFunctions,
	path: string,
	options: Options,
): Promise<{ content: Buffer; headers: IDataObject } | null> {
	const answer = await send(context, 'POST', path, { ...options, expected: [503], accept: 'application/pdf' });
	return answer.status === 503 ? null : { content: Buffer.from(answer.body as ArrayBuffer), headers: answer.headers };
}

async function send(
	context: Context,
	method: IHttpRequestMethods,
	path: string,
	{ body, query, expected = [], itemIndex, accept }: Options & { accept: string },
): Promise<{ status: number; headers: IDataObject; body: unknown }> {
	const credentials = await context.getCredentials('ixToolsApi');
	const answer = (await context.helpers.httpRequestWithAuthentication.call(context, 'ixToolsApi', {
		method,
		url: `${String(credentials.server).replace(/\/+$/, '')}${path}`,
		headers: { Accept: accept },
		...(query ? { qs: query } : {}),
		...(body ? { body } : {}),
		...(accept === 'application/pdf' ? { encoding: 'arraybuffer' as const } : { json: true }),
		returnFullResponse: true,
		ignoreHttpStatusErrors: true,
	})) as { statusCode: number; headers: IDataObject; body: unknown };
	const status = answer.statusCode;
	if (status >= 400 && !expected.includes(status)) {
		throw buildError(context, status, readProblem(answer.body), itemIndex);
	}
	return { status, headers: answer.headers, body: answer.body };
}

/** Build the error that a person reads in n8n: what is wrong, and what to do next. */
export function buildError(context: Context, status: number, problem: IDataObject, itemIndex?: number): NodeApiError {
	const detail = String(problem.detail ?? problem.message ?? `The server answered ${status}`);
	const steps = (problem.next as IDataObject[] | undefined) ?? [];
	return new NodeApiError(context.getNode(), problem as JsonObject, {
		message: detail,
		description: steps.map((one) => String(one.why ?? '')).filter(Boolean).join('. '),
		httpCode: String(status),
		...(itemIndex === undefined ? {} : { itemIndex }),
	});
}

function readProblem(body: unknown): IDataObject {
	if (Buffer.isBuffer(body) || body instanceof ArrayBuffer) {
		const text = Buffer.from(body as ArrayBuffer).toString('utf8');
		return text.startsWith('{') ? (JSON.parse(text) as IDataObject) : {};
	}
	return body !== null && typeof body === 'object' ? (body as IDataObject) : {};
}
