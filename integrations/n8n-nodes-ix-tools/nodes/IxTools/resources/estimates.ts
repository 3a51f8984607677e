// Generated from the OpenAPI document of ix-tools; a change here is lost.
import type { INodeProperties } from 'n8n-workflow';
import { fields } from './fields';

export const estimates: INodeProperties[] = [
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: {
			show: {
				resource: ['estimates'],
			},
		},
		options: [
			{
				name: 'Change a Draft Estimate',
				value: 'update_estimate',
				action: 'Change a draft estimate',
				description: 'Change a draft estimate. What you leave out stays; items, when given, replace all lines.',
			},
			{
				name: 'Create a Draft Estimate',
				value: 'create_estimate',
				action: 'Create a draft estimate',
				description: 'Create a quote, pro forma or fees note as a draft; no tax is due on it',
			},
			{
				name: 'List Estimates',
				value: 'list_estimates',
				action: 'List estimates',
				description: 'List quotes, pro formas and fees notes, newest first',
			},
		],
		default: 'create_estimate',
	},
	{
		displayName: 'Client',
		name: 'client',
		type: 'collection',
		displayOptions: {
			show: {
				resource: ['estimates'],
				operation: ['update_estimate'],
			},
		},
		placeholder: 'Add Field',
		default: {},
		options: [
			fields.address,
			fields.city,
			fields.code,
			fields.country,
			fields.email,
			fields.fax,
			fields.fiscal_id,
			fields.id,
			fields.name,
			fields.observations,
			fields.phone,
			fields.postal_code,
			fields.website,
		],
		description: 'Other customer in place of the stored one, found or created as for a new document',
	},
	{
		displayName: 'Items',
		name: 'items',
		type: 'fixedCollection',
		displayOptions: {
			show: {
				resource: ['estimates'],
				operation: ['update_estimate'],
			},
		},
		typeOptions: {
			multipleValues: true,
		},
		placeholder: 'Add Items',
		default: {},
		options: [
			{
				displayName: 'Items',
				name: 'values',
				values: [
					fields.more,
					{
						displayName: 'Name',
						name: 'name',
						type: 'string',
						default: '',
						required: true,
						description: 'Name of the product or service, as the line prints it',
					},
					fields.quantity,
				],
			},
		],
		description: 'All lines of the document; they replace every stored line',
	},
	{
		displayName: 'Document Type',
		name: 'document_type',
		type: 'options',
		displayOptions: {
			show: {
				resource: ['estimates'],
				operation: ['update_estimate'],
			},
		},
		options: [
			{
				name: 'Fees Notes',
				value: 'fees_notes',
			},
			{
				name: 'Proformas',
				value: 'proformas',
			},
			{
				name: 'Quotes',
				value: 'quotes',
			},
		],
		default: 'fees_notes',
		required: true,
		description: 'Kind of the draft, as list_estimates shows it',
	},
	{
		displayName: 'Document ID',
		name: 'document_id',
		type: 'string',
		displayOptions: {
			show: {
				resource: ['estimates'],
				operation: ['update_estimate'],
			},
		},
		default: '',
		required: true,
		description: 'ID of the draft, from list_estimates or the result that created it',
	},
	{
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		displayOptions: {
			show: {
				resource: ['estimates'],
				operation: ['update_estimate'],
			},
		},
		default: {},
		options: [
			fields.accept,
			fields.account,
			fields.auto_add_related_document,
			fields.clear,
			fields.date,
			fields.due_date,
			fields.idempotency_key,
			fields.manual_sequence_number,
			{
				displayName: 'Observations',
				name: 'observations',
				type: 'string',
				default: '',
				description: 'Notes printed on the document',
			},
			fields.reference,
			fields.retention,
			fields.sequence_id,
			fields.series,
			fields.tax_exemption,
			fields.tax_exemption_reason,
		],
	},
	{
		displayName: 'Date',
		name: 'date',
		type: 'string',
		displayOptions: {
			show: {
				resource: ['estimates'],
				operation: ['create_estimate'],
			},
		},
		default: '',
		required: true,
		description: 'Date of the document, e.g. 2026-11-30, or today',
	},
	{
		displayName: 'Due Date',
		name: 'due_date',
		type: 'string',
		displayOptions: {
			show: {
				resource: ['estimates'],
				operation: ['create_estimate'],
			},
		},
		default: '',
		required: true,
		description: 'Date when payment is due, e.g. 2026-12-30, or +30d for 30 days after date',
	},
	{
		displayName: 'Client',
		name: 'client',
		type: 'collection',
		displayOptions: {
			show: {
				resource: ['estimates'],
				operation: ['create_estimate'],
			},
		},
		placeholder: 'Add Field',
		default: {},
		options: [
			fields.address,
			fields.city,
			fields.code,
			fields.country,
			fields.email,
			fields.fax,
			fields.fiscal_id,
			fields.id,
			fields.name,
			fields.observations,
			fields.phone,
			fields.postal_code,
			fields.website,
		],
		description: 'Customer, found by ID, code, exact name or fiscal_id, else created; optional for simplified_invoices',
	},
	{
		displayName: 'Items',
		name: 'items',
		type: 'fixedCollection',
		displayOptions: {
			show: {
				resource: ['estimates'],
				operation: ['create_estimate'],
			},
		},
		typeOptions: {
			multipleValues: true,
		},
		placeholder: 'Add Items',
		default: {},
		options: [
			{
				displayName: 'Items',
				name: 'values',
				values: [
					fields.more,
					{
						displayName: 'Name',
						name: 'name',
						type: 'string',
						default: '',
						required: true,
						description: 'Name of the product or service, as the line prints it',
					},
					fields.quantity,
				],
			},
		],
		description: 'Lines of the document in printed order, at least one',
	},
	{
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		displayOptions: {
			show: {
				resource: ['estimates'],
				operation: ['create_estimate'],
			},
		},
		default: {},
		options: [
			fields.accept,
			fields.account,
			fields.auto_add_related_document,
			{
				displayName: 'Document Type',
				name: 'document_type',
				type: 'options',
				options: [
					{
						name: 'Fees Notes',
						value: 'fees_notes',
					},
					{
						name: 'Proformas',
						value: 'proformas',
					},
					{
						name: 'Quotes',
						value: 'quotes',
					},
				],
				default: 'quotes',
				description: 'Kind of estimate to create; default quotes',
			},
			fields.dry_run,
			fields.idempotency_key,
			fields.manual_sequence_number,
			{
				displayName: 'Observations',
				name: 'observations',
				type: 'string',
				default: '',
				description: 'Notes printed on the document',
			},
			fields.reference,
			fields.retention,
			fields.sequence_id,
			fields.series,
			fields.tax_exemption,
			fields.tax_exemption_reason,
		],
	},
	{
		displayName: 'Return All',
		name: 'returnAll',
		type: 'boolean',
		displayOptions: {
			show: {
				resource: ['estimates'],
				operation: ['list_estimates'],
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
				resource: ['estimates'],
				operation: ['list_estimates'],
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
				resource: ['estimates'],
				operation: ['list_estimates'],
			},
		},
		default: {},
		options: [
			fields.account,
			fields.archived,
			fields.date_from,
			fields.date_to,
			fields.due_date_from,
			fields.due_date_to,
			fields.fields,
			fields.non_archived,
			{
				displayName: 'States',
				name: 'states',
				type: 'multiOptions',
				options: [
					{
						name: 'Accepted',
						value: 'accepted',
					},
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
						name: 'Refused',
						value: 'refused',
					},
				],
				default: [],
				description: 'States to list; default all but canceled',
			},
			fields.text,
			fields.total_before_taxes_from,
			fields.total_before_taxes_to,
			{
				displayName: 'Types',
				name: 'types',
				type: 'multiOptions',
				options: [
					{
						name: 'Fees Notes',
						value: 'fees_notes',
					},
					{
						name: 'Proformas',
						value: 'proformas',
					},
					{
						name: 'Quotes',
						value: 'quotes',
					},
				],
				default: [],
				description: 'Kinds of estimate to list; default all',
			},
		],
	},
];
