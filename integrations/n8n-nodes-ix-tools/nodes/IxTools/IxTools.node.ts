import {
	NodeApiError,
	NodeConnectionTypes,
	NodeOperationError,
	sleep,
	type IDataObject,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
	type IWebhookFunctions,
	type IWebhookResponseData,
} from 'n8n-workflow';
import { fetchPdf, request } from '../shared/request';
import { approvalProperties, readApprovals, readResult, resumeWebhooks, waitFor } from './approval';
import { readArguments } from './arguments';
import { fields, resource, traits } from './resources';

/** Times that a PDF is asked for while InvoiceXpress is still making it. */
const PDF_TRIES = 6;

export class IxTools implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'InvoiceXpress (ix-tools)',
		name: 'ixTools',
		icon: { light: 'file:../../icons/ix-tools.svg', dark: 'file:../../icons/ix-tools.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle: '={{$parameter["operation"]}}',
		description: 'Issue Portuguese invoices with InvoiceXpress, with a person\'s approval',
		defaults: { name: 'InvoiceXpress' },
		usableAsTool: true,
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'ixToolsApi', required: true }],
		webhooks: resumeWebhooks,
		properties: [resource, ...fields, ...approvalProperties],
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const found: INodeExecutionData[] = [];
		for (let index = 0; index < this.getInputData().length; index++) {
			try {
				found.push(...(await runOperation(this, index)));
			} catch (error) {
				if (!this.continueOnFail()) {
					throw error instanceof NodeApiError ? error : new NodeOperationError(this.getNode(), error as Error, { itemIndex: index });
				}
				found.push({ json: { ok: false, error: (error as Error).message }, pairedItem: { item: index } });
			}
		}
		return [await replaceWaiting(this, found)];
	}

	/** A delivery says that a person decided: go on once the server confirms that all calls have ended. */
	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		const approvals = await readApprovals(this);
		if (approvals.length === 0) {
			this.getResponseObject().status(401).json({ message: 'The address was not given away like this' });
			return { noWebhookResponse: true };
		}
		const results = await Promise.all(approvals.map(async (one) => await readResult(this, one)));
		if (results.some((one) => one === null)) return { webhookResponse: { waiting: true } };
		const goesOn = this.getNodeParameter('ifNotDone', 'end') === 'goOn';
		const shown = (results as IDataObject[]).filter((one) => one.ok !== false || goesOn);
		return {
			webhookResponse: { waiting: false },
			workflowData: [shown.map((json, item) => ({ json, pairedItem: { item } }))],
		};
	}
}

async function runOperation(context: IExecuteFunctions, index: number): Promise<INodeExecutionData[]> {
	const operation = context.getNodeParameter('operation', index) as string;
	const trait = traits[operation] ?? {};
	const body = readArguments(context, operation, index);
	if (trait.hasKey && !body.idempotency_key) body.idempotency_key = makeKey(context, index);
	const path = `/tools/${operation}`;
	const pairedItem = { item: index };
	if (trait.returnsPdf && context.getNodeParameter('asFile', index)) {
		return [{ ...(await readPdf(context, path, body, index)), pairedItem }];
	}
	if (trait.rows) {
		const rows = await readPages(context, path, body, trait.rows, index);
		return rows.map((json) => ({ json, pairedItem }));
	}
	const answer = await request(context, 'POST', path, { body, itemIndex: index });
	return [{ json: answer.body, pairedItem }];
}

/** A node that is tried again in the same execution sends the same key, so nothing is done twice. */
function makeKey(context: IExecuteFunctions, index: number): string {
	const run = String(context.evaluateExpression('{{ $runIndex }}', index) ?? 0);
	return `n8n-${context.getWorkflow().id}-${context.getExecutionId()}-${context.getNode().id}-${run}-${index}`;
}

async function readPages(
	context: IExecuteFunctions,
	path: string,
	body: IDataObject,
	rows: string,
	itemIndex: number,
): Promise<IDataObject[]> {
	const most = context.getNodeParameter('returnAll', itemIndex, false)
		? Infinity
		: (context.getNodeParameter('limit', itemIndex, 50) as number);
	const found: IDataObject[] = [];
	let answer = await request(context, 'POST', path, { body, itemIndex });
	for (;;) {
		found.push(...((answer.body[rows] ?? []) as IDataObject[]));
		const next = answer.body.next_page as string | undefined;
		if (!next || found.length >= most) return found.slice(0, most);
		// Only its query: the token goes to the server of the credential, and nowhere else.
		answer = await request(context, 'GET', `${path}${new URL(next).search}`, { itemIndex });
	}
}

async function readPdf(
	context: IExecuteFunctions,
	path: string,
	body: IDataObject,
	itemIndex: number,
): Promise<INodeExecutionData> {
	const name = context.getNodeParameter('binaryPropertyName', itemIndex, 'data') as string;
	for (let attempt = 1; attempt <= PDF_TRIES; attempt++) {
		const pdf = await fetchPdf(context, path, { body, itemIndex });
		if (pdf) {
			const named = /filename="([^"]+)"/.exec(String(pdf.headers['content-disposition'] ?? ''));
			const fileName = named?.[1] ?? 'document.pdf';
			const file = await context.helpers.prepareBinaryData(pdf.content, fileName, 'application/pdf');
			return { json: { ok: true, document_id: body.document_id, file: fileName }, binary: { [name]: file } };
		}
		await sleep(2000 * attempt);
	}
	throw new NodeOperationError(context.getNode(), 'InvoiceXpress is still making the PDF', {
		itemIndex,
		description: 'Let the node try again on failure, or ask again later',
	});
}

/** Replace results that wait for a person, where the flow waits for them. */
async function replaceWaiting(context: IExecuteFunctions, found: INodeExecutionData[]): Promise<INodeExecutionData[]> {
	const waits = (one: INodeExecutionData) => {
		const item = (one.pairedItem as { item: number }).item;
		// `next` of a call that is carried out by itself asks for nothing more.
		return (
			one.json.status === 'approval_required' &&
			one.json.when_approved === 'run' &&
			context.getNodeParameter('whenApproval', item, 'goOn') === 'wait'
		);
	};
	const waiting = found.filter(waits);
	if (waiting.length === 0 || context.isToolExecution()) return found;
	if (waiting.length < found.length) {
		throw new NodeOperationError(context.getNode(), 'Some of the items wait for a person, and others do not', {
			description: 'Put "Loop Over Items" before this node; the same call repeated there is not carried out twice',
		});
	}
	const approvals = waiting.map((one) => String((one.json.approval as IDataObject).id));
	const done = await waitFor(context, approvals);
	return found.map((one, at) => (done.has(approvals[at]) ? { ...one, json: done.get(approvals[at]) as IDataObject } : one));
}
