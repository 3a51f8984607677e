// Generated from the OpenAPI document of ix-tools; a change here is lost.
import type { INodeProperties } from 'n8n-workflow';
import { fields } from './fields';

export const treasury: INodeProperties[] = [
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: {
			show: {
				resource: ['treasury'],
			},
		},
		options: [
			{
				name: 'Delete a Regularization',
				value: 'delete_regularization',
				action: 'Delete a regularization',
				description: 'Delete a regularization: the client owes the amount again. A person approves.',
			},
			{
				name: 'Delete a Treasury Movement',
				value: 'delete_treasury_movement',
				action: 'Delete a treasury movement',
				description: 'Delete a treasury movement. A person approves.',
			},
			{
				name: 'List Regularizations',
				value: 'list_regularizations',
				action: 'List regularizations',
				description: "List a client's regularizations: entries that took something off their debt",
			},
			{
				name: "Read a Client's Balance",
				value: 'get_client_balance',
				action: 'Read balance of a client',
				description: 'Read what a client owes: balance, overdue, remaining, initial',
			},
			{
				name: 'Record a Treasury Movement',
				value: 'create_treasury_movement',
				action: 'Record a treasury movement',
				description: 'Record money a client paid in advance (Payment) or got back (Reimbursement), outside any invoice; a person approves. For an invoice use generate_payment.',
			},
			{
				name: "Regularize a Client's Balance",
				value: 'create_regularization',
				action: 'Regularize balance of a client',
				description: 'Take something off what a client owes, without a document; a person approves. Never instead of a credit note.',
			},
			{
				name: "Set a Client's Initial Balance",
				value: 'set_initial_balance',
				action: 'Set initial balance of a client',
				description: 'Set what a client owed before the first document here; a person approves. Replaces the one before.',
			},
		],
		default: 'get_client_balance',
	},
	{
		displayName: 'Regularization ID',
		name: 'regularization_id',
		type: 'number',
		displayOptions: {
			show: {
				resource: ['treasury'],
				operation: ['delete_regularization'],
			},
		},
		default: 0,
		required: true,
		description: 'ID of the regularization, from list_regularizations',
	},
	{
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		displayOptions: {
			show: {
				resource: ['treasury'],
				operation: ['delete_regularization'],
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
		displayName: 'Treasury Movement ID',
		name: 'treasury_movement_id',
		type: 'number',
		displayOptions: {
			show: {
				resource: ['treasury'],
				operation: ['delete_treasury_movement'],
			},
		},
		default: 0,
		required: true,
		description: 'ID of the movement, from the result that created it or from InvoiceXpress',
	},
	{
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		displayOptions: {
			show: {
				resource: ['treasury'],
				operation: ['delete_treasury_movement'],
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
		displayName: 'Return All',
		name: 'returnAll',
		type: 'boolean',
		displayOptions: {
			show: {
				resource: ['treasury'],
				operation: ['list_regularizations'],
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
				resource: ['treasury'],
				operation: ['list_regularizations'],
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
				resource: ['treasury'],
				operation: ['list_regularizations'],
			},
		},
		default: {},
		options: [
			fields.account,
			fields.client,
			fields.client_id,
		],
	},
	{
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		displayOptions: {
			show: {
				resource: ['treasury'],
				operation: ['get_client_balance'],
			},
		},
		default: {},
		options: [
			fields.account,
			fields.client,
			fields.client_id,
		],
	},
	{
		displayName: 'Value',
		name: 'value',
		type: 'number',
		displayOptions: {
			show: {
				resource: ['treasury'],
				operation: ['create_treasury_movement'],
			},
		},
		default: 0,
		required: true,
		description: 'Amount of the entry, greater than 0, with at most 2 decimals',
	},
	{
		displayName: 'Date',
		name: 'date',
		type: 'string',
		displayOptions: {
			show: {
				resource: ['treasury'],
				operation: ['create_treasury_movement'],
			},
		},
		default: '',
		required: true,
		description: 'Day of the entry, e.g. 2026-11-30, or today; not in the future',
	},
	{
		displayName: 'Movement Type',
		name: 'movement_type',
		type: 'options',
		displayOptions: {
			show: {
				resource: ['treasury'],
				operation: ['create_treasury_movement'],
			},
		},
		options: [
			{
				name: 'Payment',
				value: 'Payment',
			},
			{
				name: 'Reimbursement',
				value: 'Reimbursement',
			},
		],
		default: 'Payment',
		required: true,
		description: 'Kind of movement: Payment from the client, or Reimbursement to the client',
	},
	{
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		displayOptions: {
			show: {
				resource: ['treasury'],
				operation: ['create_treasury_movement'],
			},
		},
		default: {},
		options: [
			fields.account,
			fields.client,
			fields.client_id,
			fields.idempotency_key,
			fields.observation,
			{
				displayName: 'Payment Method',
				name: 'payment_method',
				type: 'options',
				options: [
					{
						name: 'CC',
						value: 'CC',
					},
					{
						name: 'CD',
						value: 'CD',
					},
					{
						name: 'CH',
						value: 'CH',
					},
					{
						name: 'CO',
						value: 'CO',
					},
					{
						name: 'CS',
						value: 'CS',
					},
					{
						name: 'DE',
						value: 'DE',
					},
					{
						name: 'LC',
						value: 'LC',
					},
					{
						name: 'MB',
						value: 'MB',
					},
					{
						name: 'NU',
						value: 'NU',
					},
					{
						name: 'OU',
						value: 'OU',
					},
					{
						name: 'PR',
						value: 'PR',
					},
					{
						name: 'TB',
						value: 'TB',
					},
					{
						name: 'TR',
						value: 'TR',
					},
				],
				default: 'CC',
				description: 'Means of payment: TB transfer, MB Multibanco, NU cash, CC/CD credit/debit card, CH cheque, CO voucher, CS compensation, DE e-money, LC bill, PR goods, TR meal ticket, OU other',
			},
			{
				displayName: 'Serie',
				name: 'serie',
				type: 'string',
				default: '',
				description: "Name of the series, from list_sequences; default the account's default series",
			},
		],
	},
	{
		displayName: 'Value',
		name: 'value',
		type: 'number',
		displayOptions: {
			show: {
				resource: ['treasury'],
				operation: ['create_regularization'],
			},
		},
		default: 0,
		required: true,
		description: 'Amount of the entry, greater than 0, with at most 2 decimals',
	},
	{
		displayName: 'Date',
		name: 'date',
		type: 'string',
		displayOptions: {
			show: {
				resource: ['treasury'],
				operation: ['create_regularization'],
			},
		},
		default: '',
		required: true,
		description: 'Day of the entry, e.g. 2026-11-30, or today; not in the future',
	},
	{
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		displayOptions: {
			show: {
				resource: ['treasury'],
				operation: ['create_regularization'],
			},
		},
		default: {},
		options: [
			fields.account,
			fields.client,
			fields.client_id,
			fields.idempotency_key,
			fields.observation,
		],
	},
	{
		displayName: 'Value',
		name: 'value',
		type: 'number',
		displayOptions: {
			show: {
				resource: ['treasury'],
				operation: ['set_initial_balance'],
			},
		},
		default: 0,
		required: true,
		description: 'Amount of the entry, greater than 0, with at most 2 decimals',
	},
	{
		displayName: 'Date',
		name: 'date',
		type: 'string',
		displayOptions: {
			show: {
				resource: ['treasury'],
				operation: ['set_initial_balance'],
			},
		},
		default: '',
		required: true,
		description: 'Day of the entry, e.g. 2026-11-30, or today; not in the future',
	},
	{
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		displayOptions: {
			show: {
				resource: ['treasury'],
				operation: ['set_initial_balance'],
			},
		},
		default: {},
		options: [
			fields.account,
			fields.client,
			fields.client_id,
			fields.idempotency_key,
			fields.observation,
		],
	},
];
