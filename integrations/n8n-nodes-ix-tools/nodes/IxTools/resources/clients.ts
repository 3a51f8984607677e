// Generated from the OpenAPI document of ix-tools; a change here is lost.
import type { INodeProperties } from 'n8n-workflow';
import { fields } from './fields';

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
			fields.accept,
			fields.account,
			fields.address,
			fields.city,
			fields.clear,
			fields.client,
			fields.client_id,
			{
				displayName: 'Code',
				name: 'code',
				type: 'string',
				default: '',
				description: 'New code of your own for the client, unique in the account',
			},
			fields.country,
			fields.email,
			fields.fax,
			{
				displayName: 'Fiscal ID',
				name: 'fiscal_id',
				type: 'string',
				default: '',
				description: 'Tax number of the client: NIF or foreign VAT number',
			},
			fields.idempotency_key,
			fields.language,
			{
				displayName: 'Name',
				name: 'name',
				type: 'string',
				default: '',
				description: 'New name of the client, unique in the account',
			},
			fields.observations,
			fields.phone,
			fields.postal_code,
			fields.send_options,
			fields.website,
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
			fields.accept,
			fields.account,
			fields.address,
			fields.city,
			{
				displayName: 'Code',
				name: 'code',
				type: 'string',
				default: '',
				description: 'Code of your own for the client, unique in the account; default its fiscal_id',
			},
			fields.country,
			fields.email,
			fields.fax,
			{
				displayName: 'Fiscal ID',
				name: 'fiscal_id',
				type: 'string',
				default: '',
				description: 'Tax number of the client: NIF or foreign VAT number',
			},
			fields.idempotency_key,
			fields.language,
			fields.observations,
			fields.phone,
			fields.postal_code,
			fields.send_options,
			fields.website,
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
			fields.account,
			fields.client,
			fields.client_id,
			fields.idempotency_key,
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
			fields.account,
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
			fields.account,
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
			fields.client,
			fields.client_id,
			fields.fields,
			fields.overdue,
			fields.response_format,
			fields.states,
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
			fields.unpaid,
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
			fields.account,
			fields.fields,
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
			fields.account,
			fields.client,
			fields.client_id,
		],
	},
];
