import { createHmac, timingSafeEqual } from 'node:crypto';
import {
	NodeOperationError,
	type IDataObject,
	type IExecuteFunctions,
	type INodeProperties,
	type IWebhookDescription,
	type IWebhookFunctions,
} from 'n8n-workflow';
import { request } from '../shared/request';
import { waiting } from './resources';

/** Far enough: the server tells when the approval has ended, and a flow that goes on by itself would go on without a yes. */
const NEVER = new Date('3000-01-01T00:00:00.000Z');
/** Approvals that one execution waits for; their ids stand in the address that resumes it. */
const MOST = 100;
const ENDED = ['done', 'failed', 'ended'];

/** Where a flow is resumed: an address of one execution, given away per approval, so nothing has to be registered before. */
export const resumeWebhooks: IWebhookDescription[] = [
	{
		name: 'default',
		httpMethod: 'POST',
		responseMode: 'onReceived',
		path: '={{ $nodeId }}',
		restartWebhook: true,
		isFullPath: true,
	},
];

export const approvalProperties: INodeProperties[] = [
	{
		displayName: 'If a Person Must Approve',
		name: 'whenApproval',
		type: 'options',
		displayOptions: { show: { operation: waiting } },
		options: [
			{
				name: 'Wait for the Decision',
				value: 'wait',
				description: 'The flow goes on when a person has approved and the call was carried out. As a tool of an agent it goes on at once.',
			},
			{
				name: 'Go On at Once',
				value: 'goOn',
				description: 'The flow goes on with the status approval_required. The call is carried out when a person approves.',
			},
		],
		default: 'wait',
	},
	{
		displayName: 'If It Was Not Carried Out',
		name: 'ifNotDone',
		type: 'options',
		displayOptions: { show: { operation: waiting, whenApproval: ['wait'] } },
		options: [
			{ name: 'End Here', value: 'end', description: 'The node returns no item, so nothing after it runs' },
			{
				name: 'Go On with the Problem',
				value: 'goOn',
				description: 'The node returns an item in which ok is false, and the next node decides',
			},
		],
		default: 'end',
		description: 'What happens when a person says no, nobody answers in time, or it is refused at last',
	},
];

/** Have the flow resumed when a person decided. Returns results that are there already, by approval. */
export async function waitFor(context: IExecuteFunctions, approvals: string[]): Promise<Map<string, IDataObject>> {
	if (approvals.length > MOST) {
		throw new NodeOperationError(context.getNode(), `${approvals.length} approvals are more than one execution waits for`, {
			description: `Put "Loop Over Items" before this node, with at most ${MOST} items at once`,
		});
	}
	const url = await buildResumeUrl(context, approvals);
	for (const approval of approvals) {
		await request(context, 'POST', '/webhooks', { body: { url, approval } });
	}
	// Whoever decided before the address was registered is seen here.
	const found = new Map<string, IDataObject>();
	for (const approval of approvals) {
		const result = await readResult(context, approval);
		if (result) found.set(approval, result);
	}
	if (found.size < approvals.length) await context.putExecutionToWait(NEVER);
	return found;
}

/** The address that resumes this execution, with the approvals that it waits for and our proof of them. */
async function buildResumeUrl(context: IExecuteFunctions, approvals: string[]): Promise<string> {
	const url = new URL(String(context.evaluateExpression('{{ $execution.resumeUrl }}', 0)));
	url.pathname += `/${encodeURIComponent(context.getNode().id)}`;
	url.searchParams.set('approvals', approvals.join(','));
	url.searchParams.set('proof', await prove(context, approvals));
	return url.toString();
}

/** Return the approvals that a request to the resume address names, or none if the proof does not fit them. */
export async function readApprovals(context: IWebhookFunctions): Promise<string[]> {
	const query = context.getQueryData() as IDataObject;
	const approvals = String(query.approvals ?? '').split(',').filter(Boolean);
	const given = Buffer.from(String(query.proof ?? ''));
	const wanted = Buffer.from(await prove(context, approvals));
	return given.length === wanted.length && timingSafeEqual(given, wanted) ? approvals : [];
}

/** n8n's own token in the address covers the execution, and not what stands beside it. */
async function prove(context: IExecuteFunctions | IWebhookFunctions, approvals: string[]): Promise<string> {
	const { token } = await context.getCredentials('ixToolsApi');
	const about = [context.getExecutionId(), context.getNode().id, ...approvals].join(' ');
	return createHmac('sha256', String(token)).update(about).digest('hex');
}

/** Return what became of a call that a person was asked for; null while nothing is decided. Nothing that a request to n8n says is believed. */
export async function readResult(
	context: IExecuteFunctions | IWebhookFunctions,
	approval: string,
): Promise<IDataObject | null> {
	let identifier = approval;
	for (;;) {
		const { body } = await request(context, 'GET', `/approvals/${encodeURIComponent(identifier)}`);
		const call = body.call as IDataObject | undefined;
		if (call?.state === 'returned' && call.asked_again) {
			// The document changed after the question, and a person is asked again.
			identifier = String(call.asked_again);
			continue;
		}
		if (!call || !ENDED.includes(String(call.state))) return null;
		const result = (call.result ?? {}) as IDataObject;
		if (call.state === 'done') return { ...result, approval: identifier };
		return {
			...result,
			ok: false,
			approval: identifier,
			status: body.status,
			...(body.reason ? { reason: body.reason } : {}),
		};
	}
}
