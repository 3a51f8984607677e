// Generated from the OpenAPI document of ix-tools; a change here is lost.
import type { INodeProperties } from 'n8n-workflow';
import { fields } from './fields';

export const accounts: INodeProperties[] = [
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: {
			show: {
				resource: ['accounts'],
			},
		},
		options: [
			{
				name: 'Change an Account',
				value: 'update_account',
				action: 'Change an account',
				description: "Change an account's details, or its AT credentials for series; a person approves. Off unless allow_account_setup is set.",
			},
			{
				name: 'Create an Account',
				value: 'create_account',
				action: 'Create an account',
				description: 'Create an InvoiceXpress account; a person approves. Off unless allow_account_setup is set. The new API key is not shown.',
			},
			{
				name: 'Read an Account',
				value: 'get_account',
				action: 'Read an account',
				description: "Read an account's state: organization, trial, whether AT is configured",
			},
			{
				name: 'Set Up at Communication',
				value: 'setup_at_communication',
				action: 'Set up AT communication',
				description: 'Set up how documents reach the tax authority (AT); a person approves. Off unless allow_account_setup is set.',
			},
		],
		default: 'get_account',
	},
	{
		displayName: 'Account ID',
		name: 'account_id',
		type: 'number',
		displayOptions: {
			show: {
				resource: ['accounts'],
				operation: ['update_account'],
			},
		},
		default: 0,
		required: true,
		description: 'ID of the account, from create_account',
	},
	{
		displayName: 'Password',
		name: 'password',
		type: 'string',
		displayOptions: {
			show: {
				resource: ['accounts'],
				operation: ['update_account'],
			},
		},
		typeOptions: {
			password: true,
		},
		default: '',
		required: true,
		description: "Password of the account's owner; results never show it",
	},
	{
		displayName: 'Terms',
		name: 'terms',
		type: 'boolean',
		displayOptions: {
			show: {
				resource: ['accounts'],
				operation: ['update_account'],
			},
		},
		default: false,
		required: true,
		description: "Whether it applies. True when the person accepts InvoiceXpress's terms.",
	},
	{
		displayName: 'Credentials',
		name: 'credentials',
		type: 'fixedCollection',
		displayOptions: {
			show: {
				resource: ['accounts'],
				operation: ['update_account'],
			},
		},
		placeholder: 'Add Credentials',
		default: {},
		options: [
			{
				displayName: 'Credentials',
				name: 'values',
				values: [
					{
						displayName: 'More',
						name: 'more',
						type: 'collection',
						placeholder: 'Add Field',
						default: {},
						options: [
							{
								displayName: 'Context',
								name: 'context',
								type: 'options',
								options: [
									{
										name: 'Sequences',
										value: 'Sequences',
									},
								],
								default: 'Sequences',
								description: 'Always Sequences, for registering series',
							},
							{
								displayName: 'Type',
								name: 'type',
								type: 'options',
								options: [
									{
										name: 'AT',
										value: 'AT',
									},
								],
								default: 'AT',
								description: 'Always AT, the tax authority',
							},
						],
					},
					{
						displayName: 'Password',
						name: 'password',
						type: 'string',
						typeOptions: {
							password: true,
						},
						default: '',
						required: true,
						description: 'Password of the sub-user; results never show it',
					},
					{
						displayName: 'Username',
						name: 'username',
						type: 'string',
						default: '',
						required: true,
						description: 'Sub-user of the tax authority (AT), e.g. 509442013/1, with WFA, WSE and WDT; never the main user',
					},
				],
			},
		],
		description: 'Sub-user of the tax authority (AT) that registers series',
	},
	{
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		displayOptions: {
			show: {
				resource: ['accounts'],
				operation: ['update_account'],
			},
		},
		default: {},
		options: [
			fields.account,
			{
				displayName: 'Address',
				name: 'address',
				type: 'string',
				default: '',
				description: "Street and number of the company's address",
			},
			{
				displayName: 'City',
				name: 'city',
				type: 'string',
				default: '',
				description: "City of the company's address",
			},
			fields.clear,
			{
				displayName: 'Email',
				name: 'email',
				type: 'string',
				placeholder: 'name@email.com',
				default: '',
				description: "Email address of the account's owner",
			},
			{
				displayName: 'Fax',
				name: 'fax',
				type: 'string',
				default: '',
				description: 'Fax number of the company',
			},
			fields.first_name,
			fields.idempotency_key,
			fields.last_name,
			{
				displayName: 'Organization Name',
				name: 'organization_name',
				type: 'string',
				default: '',
				description: 'Name of the company that uses the account',
			},
			{
				displayName: 'Phone',
				name: 'phone',
				type: 'string',
				default: '',
				description: 'Telephone number of the company',
			},
			fields.postal_code,
			{
				displayName: 'Website',
				name: 'website',
				type: 'string',
				default: '',
				description: 'Web address of the company',
			},
		],
	},
	{
		displayName: 'Organization Name',
		name: 'organization_name',
		type: 'string',
		displayOptions: {
			show: {
				resource: ['accounts'],
				operation: ['create_account'],
			},
		},
		default: '',
		required: true,
		description: 'Name of the company that uses the account',
	},
	{
		displayName: 'Email',
		name: 'email',
		type: 'string',
		displayOptions: {
			show: {
				resource: ['accounts'],
				operation: ['create_account'],
			},
		},
		placeholder: 'name@email.com',
		default: '',
		required: true,
		description: "Email address of the account's owner",
	},
	{
		displayName: 'Password',
		name: 'password',
		type: 'string',
		displayOptions: {
			show: {
				resource: ['accounts'],
				operation: ['create_account'],
			},
		},
		typeOptions: {
			password: true,
		},
		default: '',
		required: true,
		description: "Password of the account's owner; results never show it",
	},
	{
		displayName: 'Terms',
		name: 'terms',
		type: 'boolean',
		displayOptions: {
			show: {
				resource: ['accounts'],
				operation: ['create_account'],
			},
		},
		default: false,
		required: true,
		description: "Whether it applies. True when the person accepts InvoiceXpress's terms.",
	},
	{
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		displayOptions: {
			show: {
				resource: ['accounts'],
				operation: ['create_account'],
			},
		},
		default: {},
		options: [
			fields.account,
			{
				displayName: 'Existing User',
				name: 'existing_user',
				type: 'boolean',
				default: false,
				description: 'Whether it applies. True for an owner who is an InvoiceXpress user already; default false.',
			},
			fields.first_name,
			{
				displayName: 'Fiscal ID',
				name: 'fiscal_id',
				type: 'string',
				default: '',
				description: 'NIF of the company; it cannot change later',
			},
			fields.idempotency_key,
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
				description: 'Language of the new account',
			},
			fields.last_name,
			{
				displayName: 'Marketing',
				name: 'marketing',
				type: 'boolean',
				default: false,
				description: "Whether it applies. True asks for InvoiceXpress's newsletter.",
			},
			{
				displayName: 'Phone',
				name: 'phone',
				type: 'string',
				default: '',
				description: 'Telephone number of the company',
			},
			{
				displayName: 'Tax Country',
				name: 'tax_country',
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
				description: "Tax country by InvoiceXpress's own number",
			},
		],
	},
	{
		displayName: 'Account ID',
		name: 'account_id',
		type: 'number',
		displayOptions: {
			show: {
				resource: ['accounts'],
				operation: ['get_account'],
			},
		},
		default: 0,
		required: true,
		description: 'ID of the account, from create_account',
	},
	{
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		displayOptions: {
			show: {
				resource: ['accounts'],
				operation: ['get_account'],
			},
		},
		default: {},
		options: [
			fields.account,
		],
	},
	{
		displayName: 'AT Subuser',
		name: 'at_subuser',
		type: 'string',
		displayOptions: {
			show: {
				resource: ['accounts'],
				operation: ['setup_at_communication'],
			},
		},
		default: '',
		required: true,
		description: 'Sub-user of the tax authority (AT), e.g. 509442013/1, with WFA, WSE and WDT; never the main user',
	},
	{
		displayName: 'AT Password',
		name: 'at_password',
		type: 'string',
		displayOptions: {
			show: {
				resource: ['accounts'],
				operation: ['setup_at_communication'],
			},
		},
		typeOptions: {
			password: true,
		},
		default: '',
		required: true,
		description: 'Password of the sub-user; results never show it',
	},
	{
		displayName: 'Communication Type',
		name: 'communication_type',
		type: 'options',
		displayOptions: {
			show: {
				resource: ['accounts'],
				operation: ['setup_at_communication'],
			},
		},
		options: [
			{
				name: 'Auto',
				value: 'auto',
			},
			{
				name: 'Guides',
				value: 'guides',
			},
			{
				name: 'Manual',
				value: 'manual',
			},
			{
				name: 'Portal AT',
				value: 'portal_at',
			},
		],
		default: 'auto',
		required: true,
		description: "Way documents reach AT: auto sends each one, manual is SAF-T by hand, guides sends only guides, portal_at is set at AT's site",
	},
	{
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		displayOptions: {
			show: {
				resource: ['accounts'],
				operation: ['setup_at_communication'],
			},
		},
		default: {},
		options: [
			fields.account,
			fields.idempotency_key,
		],
	},
];
