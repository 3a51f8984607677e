import type { IAuthenticateGeneric, ICredentialTestRequest, ICredentialType, Icon, INodeProperties } from 'n8n-workflow';

export class IxToolsApi implements ICredentialType {
	name = 'ixToolsApi';

	displayName = 'Ix-Tools API';

	icon: Icon = { light: 'file:../icons/ix-tools.svg', dark: 'file:../icons/ix-tools.dark.svg' };

	documentationUrl = 'https://ix-tools.github.io/ix-tools/';

	properties: INodeProperties[] = [
		{
			displayName: 'Server',
			name: 'server',
			type: 'string',
			default: '',
			placeholder: 'https://invoices.example.com',
			required: true,
			description: 'Address of your ix-tools server, which "ix-tools serve --http" starts',
		},
		{
			displayName: 'Token',
			name: 'token',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			required: true,
			description: 'What "ix-tools tokens create" printed. The trigger and waiting for approvals need the scope webhooks.',
		},
	];

	authenticate: IAuthenticateGeneric = {
		type: 'generic',
		properties: { headers: { Authorization: '=Bearer {{$credentials.token}}' } },
	};

	// Reads one event: it needs the scope read, and asks InvoiceXpress nothing.
	test: ICredentialTestRequest = {
		request: { baseURL: '={{$credentials.server.replace(/\\/+$/, "")}}', url: '/events?limit=1' },
	};
}
