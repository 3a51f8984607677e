// Generated from the OpenAPI document of ix-tools; a change here is lost.
import type { INodeProperties } from 'n8n-workflow';
import { fields } from './fields';

export const sequences: INodeProperties[] = [
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: {
			show: {
				resource: ['sequences'],
			},
		},
		options: [
			{
				name: 'Change a Series',
				value: 'update_sequence',
				action: 'Change a series',
				description: 'Rename a series or set its numbers, only while nothing was finalized in it; a person approves',
			},
			{
				name: 'List Series',
				value: 'list_sequences',
				action: 'List series',
				description: 'List series: for each document type its sequence ID, last number and validation code (N/D unregistered, N/A not needed)',
			},
			{
				name: 'Open a Series',
				value: 'create_sequence',
				action: 'Open a series',
				description: 'Open a series and register it with the tax authority (AT); a person approves',
			},
			{
				name: 'Read a Series',
				value: 'get_sequence',
				action: 'Read a series',
				description: 'Read one series',
			},
			{
				name: 'Register a Series with AT',
				value: 'register_sequence',
				action: 'Register a series with AT',
				description: 'Register a series with the tax authority (AT) for its ATCUD codes; a person approves',
			},
			{
				name: 'Set the Default Series',
				value: 'set_default_sequence',
				action: 'Set the default series',
				description: 'Make a series the one that documents go to when they name none',
			},
		],
		default: 'list_sequences',
	},
	{
		displayName: 'Serie',
		name: 'serie',
		type: 'string',
		displayOptions: {
			show: {
				resource: ['sequences'],
				operation: ['update_sequence'],
			},
		},
		default: '',
		required: true,
		description: 'Name of the series from now on',
	},
	{
		displayName: 'Current Invoice Number',
		name: 'current_invoice_number',
		type: 'number',
		displayOptions: {
			show: {
				resource: ['sequences'],
				operation: ['update_sequence'],
			},
		},
		default: 0,
		required: true,
		description: 'Last number used for invoices, 0 for none',
	},
	{
		displayName: 'Current Credit Note Number',
		name: 'current_credit_note_number',
		type: 'number',
		displayOptions: {
			show: {
				resource: ['sequences'],
				operation: ['update_sequence'],
			},
		},
		default: 0,
		required: true,
		description: 'Last number used for credit notes, 0 for none',
	},
	{
		displayName: 'Current Debit Note Number',
		name: 'current_debit_note_number',
		type: 'number',
		displayOptions: {
			show: {
				resource: ['sequences'],
				operation: ['update_sequence'],
			},
		},
		default: 0,
		required: true,
		description: 'Last number used for debit notes, 0 for none',
	},
	{
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		displayOptions: {
			show: {
				resource: ['sequences'],
				operation: ['update_sequence'],
			},
		},
		default: {},
		options: [
			fields.account,
			{
				displayName: 'Default Sequence',
				name: 'default_sequence',
				type: 'options',
				options: [
					{
						name: '1',
						value: 1,
					},
				],
				default: 1,
				description: "Give 1 to make it the account's default series",
			},
			fields.idempotency_key,
			{
				displayName: 'Sequence ID',
				name: 'sequence_id',
				type: 'number',
				default: 0,
				description: 'ID of the series itself, from list_sequences; or give series',
			},
			{
				displayName: 'Series',
				name: 'series',
				type: 'string',
				default: '',
				description: 'Exact name of the series; or give sequence_id',
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
				resource: ['sequences'],
				operation: ['list_sequences'],
			},
		},
		default: {},
		options: [
			fields.account,
		],
	},
	{
		displayName: 'Serie',
		name: 'serie',
		type: 'string',
		displayOptions: {
			show: {
				resource: ['sequences'],
				operation: ['create_sequence'],
			},
		},
		default: '',
		required: true,
		description: 'Name of the series, for good: letters, digits, hyphen, dot and underscore',
	},
	{
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		displayOptions: {
			show: {
				resource: ['sequences'],
				operation: ['create_sequence'],
			},
		},
		default: {},
		options: [
			fields.account,
			{
				displayName: 'Default Sequence',
				name: 'default_sequence',
				type: 'boolean',
				default: false,
				description: "Whether it applies. True makes it the account's default series; default false.",
			},
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
				resource: ['sequences'],
				operation: ['get_sequence'],
			},
		},
		default: {},
		options: [
			fields.account,
			{
				displayName: 'Sequence ID',
				name: 'sequence_id',
				type: 'number',
				default: 0,
				description: 'ID of the series itself, from list_sequences; or give series',
			},
			{
				displayName: 'Series',
				name: 'series',
				type: 'string',
				default: '',
				description: 'Exact name of the series; or give sequence_id',
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
				resource: ['sequences'],
				operation: ['register_sequence'],
			},
		},
		default: {},
		options: [
			fields.account,
			fields.idempotency_key,
			{
				displayName: 'Sequence ID',
				name: 'sequence_id',
				type: 'number',
				default: 0,
				description: 'ID of the series itself, from list_sequences; or give series',
			},
			{
				displayName: 'Series',
				name: 'series',
				type: 'string',
				default: '',
				description: 'Exact name of the series; or give sequence_id',
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
				resource: ['sequences'],
				operation: ['set_default_sequence'],
			},
		},
		default: {},
		options: [
			fields.account,
			fields.idempotency_key,
			{
				displayName: 'Sequence ID',
				name: 'sequence_id',
				type: 'number',
				default: 0,
				description: 'ID of the series itself, from list_sequences; or give series',
			},
			{
				displayName: 'Series',
				name: 'series',
				type: 'string',
				default: '',
				description: 'Exact name of the series; or give sequence_id',
			},
		],
	},
];
