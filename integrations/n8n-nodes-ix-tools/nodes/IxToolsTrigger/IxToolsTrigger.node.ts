import {
	NodeConnectionTypes,
	type IDataObject,
	type IHookFunctions,
	type INodeType,
	type INodeTypeDescription,
	type IWebhookFunctions,
	type IWebhookResponseData,
} from 'n8n-workflow';
import { request } from '../shared/request';
import { events } from './events';
import { isSigned } from './signature';

/** Ids of deliveries that are remembered; the server sends the same one again for three days at most. */
const REMEMBERED = 2000;

export class IxToolsTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'InvoiceXpress (ix-tools) Trigger',
		name: 'ixToolsTrigger',
		icon: { light: 'file:../../icons/ix-tools.svg', dark: 'file:../../icons/ix-tools.dark.svg' },
		group: ['trigger'],
		version: 1,
		subtitle: '={{$parameter["events"].join(", ")}}',
		description: 'Starts a flow when an invoice is issued or a person has decided',
		defaults: { name: 'InvoiceXpress Trigger' },
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'ixToolsApi', required: true }],
		webhooks: [{ name: 'default', httpMethod: 'POST', responseMode: 'onReceived', path: 'webhook' }],
		properties: [
			{
				displayName: 'Events',
				name: 'events',
				type: 'multiOptions',
				options: events,
				required: true,
				default: ['document.finalized'],
				description: 'What starts the flow',
			},
			{
				displayName: 'Whose Calls',
				name: 'callers',
				type: 'options',
				options: [
					{ name: 'Those of This Token', value: 'own' },
					{ name: 'All in the Account', value: 'all', description: 'The token needs the scope admin' },
				],
				default: 'own',
			},
			{
				displayName: 'Account',
				name: 'account',
				type: 'string',
				default: '',
				description: 'One of your accounts; needed if the token has several',
			},
		],
	};

	webhookMethods = {
		default: {
			async checkExists(this: IHookFunctions): Promise<boolean> {
				const data = this.getWorkflowStaticData('node');
				if (!data.id || !data.secret) return false;
				const path = `/webhooks/${encodeURIComponent(String(data.id))}`;
				const query = readAccount(this);
				const { status, body } = await request(this, 'GET', path, { query, expected: [404] });
				if (status === 404 || body.url !== this.getNodeWebhookUrl('default')) return false;
				if (body.state === 'disabled') await request(this, 'POST', `${path}/enable`, { query });
				return true;
			},
			async create(this: IHookFunctions): Promise<boolean> {
				const body = {
					url: this.getNodeWebhookUrl('default') as string,
					events: this.getNodeParameter('events') as string[],
					callers: this.getNodeParameter('callers') as string,
					...readAccount(this),
				};
				const made = await request(this, 'POST', '/webhooks', { body });
				Object.assign(this.getWorkflowStaticData('node'), { id: made.body.id, secret: made.body.secret });
				return true;
			},
			async delete(this: IHookFunctions): Promise<boolean> {
				const data = this.getWorkflowStaticData('node');
				if (data.id) {
					const path = `/webhooks/${encodeURIComponent(String(data.id))}`;
					await request(this, 'DELETE', path, { query: readAccount(this), expected: [404] });
				}
				delete data.id;
				delete data.secret;
				return true;
			},
		},
	};

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		const headers = this.getHeaderData();
		const data = this.getWorkflowStaticData('node');
		const delivery = {
			id: String(headers['webhook-id'] ?? ''),
			timestamp: String(headers['webhook-timestamp'] ?? ''),
			signature: String(headers['webhook-signature'] ?? ''),
			body: this.getRequestObject().rawBody,
		};
		if (!isSigned(String(data.secret ?? ''), delivery, Date.now() / 1000)) {
			this.getResponseObject().status(401).json({ message: 'The signature is missing or wrong' });
			return { noWebhookResponse: true };
		}
		const seen = (data.seen as string[] | undefined) ?? [];
		if (seen.includes(delivery.id)) return { webhookResponse: { repeated: true } };
		data.seen = [...seen, delivery.id].slice(-REMEMBERED);
		const body = JSON.parse(delivery.body.toString('utf8')) as IDataObject;
		// n8n stores what is remembered with the answer. An answer of n8n's own comes when the execution was made of the same data,
		// which takes the mark of the change away, so a repetition would not be known.
		this.getResponseObject().status(200).json({ received: true });
		return { noWebhookResponse: true, workflowData: [[{ json: { id: delivery.id, ...body } }]] };
	}
}

function readAccount(context: IHookFunctions): IDataObject {
	const account = context.getNodeParameter('account', '') as string;
	return account ? { account } : {};
}
