// Generated from the OpenAPI document of ix-tools; a change here is lost.
import type { INodeProperties } from 'n8n-workflow';

export const clients: INodeProperties[] = [
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: {
			show: {
				resource: ['clients'],
			},
		},
		options: [
			{
				name: 'Change a Client',
				value: 'update_client',
				action: 'Change a client',
				description: 'Change a client for later documents and drafts. What you leave out stays; clear empties fields.',
			},
			{
				name: 'Create a Client',
				value: 'create_client',
				action: 'Create a client',
				description: 'Add a client. Look with find_client first: names and codes are unique.',
			},
			{
				name: 'Delete a Client',
				value: 'delete_client',
				action: 'Delete a client',
				description: 'Delete a client without documents; a person approves',
			},
			{
				name: 'Find a Client',
				value: 'find_client',
				action: 'Find a client',
				description: 'Find a client by exact code, exact name or NIF; otherwise candidates come back',
			},
			{
				name: "List a Client's Invoices",
				value: 'list_client_invoices',
				action: 'List invoices of a client',
				description: "List a client's invoices and notes, newest first; unpaid or overdue ones with what is open",
			},
			{
				name: 'List Clients',
				value: 'list_clients',
				action: 'List clients',
				description: 'List clients, in pages. find_client is quicker for one.',
			},
			{
				name: 'Read a Client',
				value: 'get_client',
				action: 'Read a client',
				description: 'Read one client whole',
			},
		],
		default: 'find_client',
	},
	{
		displayName: 'Preferred Contact',
		name: 'preferred_contact',
		type: 'collection',
		displayOptions: {
			show: {
				resource: ['clients'],
				operation: ['update_client'],
			},
		},
		placeholder: 'Add Field',
		default: {},
		options: [
			{
				displayName: 'Email',
				name: 'email',
				type: 'string',
				placeholder: 'name@email.com',
				default: '',
				description: 'Email address of the contact person',
			},
			{
				displayName: 'Name',
				name: 'name',
				type: 'string',
				default: '',
				description: 'Name of the contact person',
			},
			{
				displayName: 'Phone',
				name: 'phone',
				type: 'string',
				default: '',
				description: 'Telephone number of the contact person',
			},
		],
		description: 'Person to contact at the client',
	},
	{
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		displayOptions: {
			show: {
				resource: ['clients'],
				operation: ['update_client'],
			},
		},
		default: {},
		options: [
			{
				displayName: 'Accept',
				name: 'accept',
				type: 'string',
				typeOptions: {
					multipleValues: true,
				},
				default: [],
				description: 'Codes that a refusal asked for, to go on knowingly; at first none',
			},
			{
				displayName: 'Account',
				name: 'account',
				type: 'string',
				default: '',
				description: 'One of your accounts; required if you have several',
			},
			{
				displayName: 'Address',
				name: 'address',
				type: 'string',
				default: '',
				description: "Street and number of the client's address",
			},
			{
				displayName: 'City',
				name: 'city',
				type: 'string',
				default: '',
				description: "City of the client's address",
			},
			{
				displayName: 'Clear',
				name: 'clear',
				type: 'string',
				typeOptions: {
					multipleValues: true,
				},
				default: [],
				description: 'Names of the fields to empty, such as observations',
			},
			{
				displayName: 'Client',
				name: 'client',
				type: 'string',
				default: '',
				description: 'Code, exact name or NIF of the client; or give client_id',
			},
			{
				displayName: 'Client ID',
				name: 'client_id',
				type: 'number',
				default: 0,
				description: 'ID of the client, from find_client; or give client',
			},
			{
				displayName: 'Code',
				name: 'code',
				type: 'string',
				default: '',
				description: 'New code of your own for the client, unique in the account',
			},
			{
				displayName: 'Country',
				name: 'country',
				type: 'string',
				default: '',
				description: 'Country by ISO code or name, e.g. PT; default Portugal',
			},
			{
				displayName: 'Email',
				name: 'email',
				type: 'string',
				placeholder: 'name@email.com',
				default: '',
				description: 'Email address of the client, e.g. ana@example.pt',
			},
			{
				displayName: 'Fax',
				name: 'fax',
				type: 'string',
				default: '',
				description: 'Fax number of the client',
			},
			{
				displayName: 'Fiscal ID',
				name: 'fiscal_id',
				type: 'string',
				default: '',
				description: 'Tax number of the client: NIF or foreign VAT number',
			},
			{
				displayName: 'Idempotency Key',
				name: 'idempotency_key',
				type: 'string',
				default: '',
				description: 'Key of your own: with the same key the call is done once, with a new one again',
			},
			{
				displayName: 'Language',
				name: 'language',
				type: 'options',
				options: [
					{
						name: 'En',
						value: 'en',
					},
					{
						name: 'Es',
						value: 'es',
					},
					{
						name: 'Pt',
						value: 'pt',
					},
				],
				default: 'en',
				description: "Language in which the client's documents are printed",
			},
			{
				displayName: 'Name',
				name: 'name',
				type: 'string',
				default: '',
				description: 'New name of the client, unique in the account',
			},
			{
				displayName: 'Observations',
				name: 'observations',
				type: 'string',
				default: '',
				description: 'Notes about the client; documents do not print them',
			},
			{
				displayName: 'Phone',
				name: 'phone',
				type: 'string',
				default: '',
				description: 'Telephone number of the client',
			},
			{
				displayName: 'Postal Code',
				name: 'postal_code',
				type: 'string',
				default: '',
				description: 'Postal code of the address, e.g. 1000-555',
			},
			{
				displayName: 'Send Options',
				name: 'send_options',
				type: 'options',
				options: [
					{
						name: '1',
						value: '1',
					},
					{
						name: '2',
						value: '2',
					},
					{
						name: '3',
						value: '3',
					},
				],
				default: '1',
				description: 'Number of copies that are sent: 1, 2 or 3',
			},
			{
				displayName: 'Website',
				name: 'website',
				type: 'string',
				default: '',
				description: 'Web address of the client',
			},
		],
	},
	{
		displayName: 'Preferred Contact',
		name: 'preferred_contact',
		type: 'collection',
		displayOptions: {
			show: {
				resource: ['clients'],
				operation: ['create_client'],
			},
		},
		placeholder: 'Add Field',
		default: {},
		options: [
			{
				displayName: 'Email',
				name: 'email',
				type: 'string',
				placeholder: 'name@email.com',
				default: '',
				description: 'Email address of the contact person',
			},
			{
				displayName: 'Name',
				name: 'name',
				type: 'string',
				default: '',
				description: 'Name of the contact person',
			},
			{
				displayName: 'Phone',
				name: 'phone',
				type: 'string',
				default: '',
				description: 'Telephone number of the contact person',
			},
		],
		description: 'Person to contact at the client',
	},
	{
		displayName: 'Name',
		name: 'name',
		type: 'string',
		displayOptions: {
			show: {
				resource: ['clients'],
				operation: ['create_client'],
			},
		},
		default: '',
		required: true,
		description: 'Name of the client, unique in the account',
	},
	{
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		displayOptions: {
			show: {
				resource: ['clients'],
				operation: ['create_client'],
			},
		},
		default: {},
		options: [
			{
				displayName: 'Accept',
				name: 'accept',
				type: 'string',
				typeOptions: {
					multipleValues: true,
				},
				default: [],
				description: 'Codes that a refusal asked for, to go on knowingly; at first none',
			},
			{
				displayName: 'Account',
				name: 'account',
				type: 'string',
				default: '',
				description: 'One of your accounts; required if you have several',
			},
			{
				displayName: 'Address',
				name: 'address',
				type: 'string',
				default: '',
				description: "Street and number of the client's address",
			},
			{
				displayName: 'City',
				name: 'city',
				type: 'string',
				default: '',
				description: "City of the client's address",
			},
			{
				displayName: 'Code',
				name: 'code',
				type: 'string',
				default: '',
				description: 'Code of your own for the client, unique in the account; default its fiscal_id',
			},
			{
				displayName: 'Country',
				name: 'country',
				type: 'string',
				default: '',
				description: 'Country by ISO code or name, e.g. PT; default Portugal',
			},
			{
				displayName: 'Email',
				name: 'email',
				type: 'string',
				placeholder: 'name@email.com',
				default: '',
				description: 'Email address of the client, e.g. ana@example.pt',
			},
			{
				displayName: 'Fax',
				name: 'fax',
				type: 'string',
				default: '',
				description: 'Fax number of the client',
			},
			{
				displayName: 'Fiscal ID',
				name: 'fiscal_id',
				type: 'string',
				default: '',
				description: 'Tax number of the client: NIF or foreign VAT number',
			},
			{
				displayName: 'Idempotency Key',
				name: 'idempotency_key',
				type: 'string',
				default: '',
				description: 'Key of your own: with the same key the call is done once, with a new one again',
			},
			{
				displayName: 'Language',
				name: 'language',
				type: 'options',
				options: [
					{
						name: 'En',
						value: 'en',
					},
					{
						name: 'Es',
						value: 'es',
					},
					{
						name: 'Pt',
						value: 'pt',
					},
				],
				default: 'en',
				description: "Language in which the client's documents are printed",
			},
			{
				displayName: 'Observations',
				name: 'observations',
				type: 'string',
				default: '',
				description: 'Notes about the client; documents do not print them',
			},
			{
				displayName: 'Phone',
				name: 'phone',
				type: 'string',
				default: '',
				description: 'Telephone number of the client',
			},
			{
				displayName: 'Postal Code',
				name: 'postal_code',
				type: 'string',
				default: '',
				description: 'Postal code of the address, e.g. 1000-555',
			},
			{
				displayName: 'Send Options',
				name: 'send_options',
				type: 'options',
				options: [
					{
						name: '1',
						value: '1',
					},
					{
						name: '2',
						value: '2',
					},
					{
						name: '3',
						value: '3',
					},
				],
				default: '1',
				description: 'Number of copies that are sent: 1, 2 or 3',
			},
			{
				displayName: 'Website',
				name: 'website',
				type: 'string',
				default: '',
				description: 'Web address of the client',
			},
		],
	},
	{
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		displayOptions: {
			show: {
				resource: ['clients'],
				operation: ['delete_client'],
			},
		},
		default: {},
		options: [
			{
				displayName: 'Account',
				name: 'account',
				type: 'string',
				default: '',
				description: 'One of your accounts; required if you have several',
			},
			{
				displayName: 'Client',
				name: 'client',
				type: 'string',
				default: '',
				description: 'Code, exact name or NIF of the client; or give client_id',
			},
			{
				displayName: 'Client ID',
				name: 'client_id',
				type: 'number',
				default: 0,
				description: 'ID of the client, from find_client; or give client',
			},
			{
				displayName: 'Idempotency Key',
				name: 'idempotency_key',
				type: 'string',
				default: '',
				description: 'Key of your own: with the same key the call is done once, with a new one again',
			},
		],
	},
	{
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		displayOptions: {
			show: {
				resource: ['clients'],
				operation: ['find_client'],
			},
		},
		default: {},
		options: [
			{
				displayName: 'Account',
				name: 'account',
				type: 'string',
				default: '',
				description: 'One of your accounts; required if you have several',
			},
			{
				displayName: 'Code',
				name: 'code',
				type: 'string',
				default: '',
				description: 'Code of the client, matched exactly',
			},
			{
				displayName: 'Fiscal ID',
				name: 'fiscal_id',
				type: 'string',
				default: '',
				description: 'Tax number of the client: NIF or foreign VAT number',
			},
			{
				displayName: 'Name',
				name: 'name',
				type: 'string',
				default: '',
				description: 'Name of the client, matched exactly',
			},
		],
	},
	{
		displayName: 'Return All',
		name: 'returnAll',
		type: 'boolean',
		displayOptions: {
			show: {
				resource: ['clients'],
				operation: ['list_client_invoices'],
			},
		},
		default: false,
		description: 'Whether to return all results or only up to a given limit',
	},
	{
		displayName: 'Limit',
		name: 'limit',
		type: 'number',
		typeOptions: {
			minValue: 1,
		},
		displayOptions: {
			show: {
				resource: ['clients'],
				operation: ['list_client_invoices'],
				returnAll: [
					false,
				],
			},
		},
		default: 50,
		description: 'Max number of results to return',
	},
	{
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		displayOptions: {
			show: {
				resource: ['clients'],
				operation: ['list_client_invoices'],
			},
		},
		default: {},
		options: [
			{
				displayName: 'Account',
				name: 'account',
				type: 'string',
				default: '',
				description: 'One of your accounts; required if you have several',
			},
			{
				displayName: 'Archived',
				name: 'archived',
				type: 'multiOptions',
				options: [
					{
						name: 'Archived',
						value: 'archived',
					},
					{
						name: 'Non Archived',
						value: 'non_archived',
					},
				],
				default: [],
				description: 'Archived documents, others, or both; default non_archived',
			},
			{
				displayName: 'Client',
				name: 'client',
				type: 'string',
				default: '',
				description: 'Code, exact name or NIF of the client; or give client_id',
			},
			{
				displayName: 'Client ID',
				name: 'client_id',
				type: 'number',
				default: 0,
				description: 'ID of the client, from find_client; or give client',
			},
			{
				displayName: 'Fields',
				name: 'fields',
				type: 'string',
				typeOptions: {
					multipleValues: true,
				},
				default: [],
				description: 'Fields of each row to return, besides its ID, e.g. number, total; default all',
			},
			{
				displayName: 'Overdue',
				name: 'overdue',
				type: 'boolean',
				default: false,
				description: 'Whether it applies. True lists only what was due before today and is left to pay; default false.',
			},
			{
				displayName: 'Response Format',
				name: 'response_format',
				type: 'options',
				options: [
					{
						name: 'Concise',
						value: 'concise',
					},
					{
						name: 'Detailed',
						value: 'detailed',
					},
				],
				default: 'detailed',
				description: 'Form of the rows: detailed names each value, concise is one short table; default detailed',
			},
			{
				displayName: 'States',
				name: 'states',
				type: 'multiOptions',
				options: [
					{
						name: 'Canceled',
						value: 'canceled',
					},
					{
						name: 'Draft',
						value: 'draft',
					},
					{
						name: 'Final',
						value: 'final',
					},
					{
						name: 'Second Copy',
						value: 'second_copy',
					},
					{
						name: 'Settled',
						value: 'settled',
					},
				],
				default: [],
				description: 'States to list; default draft, final and settled',
			},
			{
				displayName: 'Types',
				name: 'types',
				type: 'multiOptions',
				options: [
					{
						name: 'Cash Invoices',
						value: 'cash_invoices',
					},
					{
						name: 'Credit Notes',
						value: 'credit_notes',
					},
					{
						name: 'Debit Notes',
						value: 'debit_notes',
					},
					{
						name: 'Invoice Receipts',
						value: 'invoice_receipts',
					},
					{
						name: 'Invoices',
						value: 'invoices',
					},
					{
						name: 'Receipts',
						value: 'receipts',
					},
					{
						name: 'Simplified Invoices',
						value: 'simplified_invoices',
					},
					{
						name: 'VAT Moss Invoices',
						value: 'vat_moss_invoices',
					},
				],
				default: [],
				description: 'Kinds of document to list; default all but receipts',
			},
			{
				displayName: 'Unpaid',
				name: 'unpaid',
				type: 'boolean',
				default: false,
				description: 'Whether it applies. True lists only what is left to pay, oldest due first, with open amounts by document, by client and in all; default false.',
			},
		],
	},
	{
		displayName: 'Return All',
		name: 'returnAll',
		type: 'boolean',
		displayOptions: {
			show: {
				resource: ['clients'],
				operation: ['list_clients'],
			},
		},
		default: false,
		description: 'Whether to return all results or only up to a given limit',
	},
	{
		displayName: 'Limit',
		name: 'limit',
		type: 'number',
		typeOptions: {
			minValue: 1,
		},
		displayOptions: {
			show: {
				resource: ['clients'],
				operation: ['list_clients'],
				returnAll: [
					false,
				],
			},
		},
		default: 50,
		description: 'Max number of results to return',
	},
	{
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		displayOptions: {
			show: {
				resource: ['clients'],
				operation: ['list_clients'],
			},
		},
		default: {},
		options: [
			{
				displayName: 'Account',
				name: 'account',
				type: 'string',
				default: '',
				description: 'One of your accounts; required if you have several',
			},
			{
				displayName: 'Fields',
				name: 'fields',
				type: 'string',
				typeOptions: {
					multipleValues: true,
				},
				default: [],
				description: 'Fields of each row to return, besides its ID, e.g. number, total; default all',
			},
		],
	},
	{
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		displayOptions: {
			show: {
				resource: ['clients'],
				operation: ['get_client'],
			},
		},
		default: {},
		options: [
			{
				displayName: 'Account',
				name: 'account',
				type: 'string',
				default: '',
				description: 'One of your accounts; required if you have several',
			},
			{
				displayName: 'Client',
				name: 'client',
				type: 'string',
				default: '',
				description: 'Code, exact name or NIF of the client; or give client_id',
			},
			{
				displayName: 'Client ID',
				name: 'client_id',
				type: 'number',
				default: 0,
				description: 'ID of the client, from find_client; or give client',
			},
		],
	},
];
