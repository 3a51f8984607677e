// Generated from the OpenAPI document of ix-tools; a change here is lost.
import type { INodeProperties } from 'n8n-workflow';
import { fields } from './fields';

export const guides: INodeProperties[] = [
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: {
			show: {
				resource: ['guides'],
			},
		},
		options: [
			{
				name: 'Change a Draft Guide',
				value: 'update_guide',
				action: 'Change a draft guide',
				description: 'Change a draft guide. What you leave out stays; items, when given, replace all lines.',
			},
			{
				name: 'Create a Draft Guide',
				value: 'create_guide',
				action: 'Create a draft guide',
				description: 'Create a delivery, transport or return guide as a draft. Finalize it with change_state before the transport starts.',
			},
			{
				name: 'List Guides',
				value: 'list_guides',
				action: 'List guides',
				description: "List delivery, transport and return guides, newest first, with AT's code once it is there",
			},
		],
		default: 'create_guide',
	},
	{
		displayName: 'Client',
		name: 'client',
		type: 'collection',
		displayOptions: {
			show: {
				resource: ['guides'],
				operation: ['update_guide'],
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
				resource: ['guides'],
				operation: ['update_guide'],
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
		displayName: 'Address From',
		name: 'address_from',
		type: 'fixedCollection',
		displayOptions: {
			show: {
				resource: ['guides'],
				operation: ['update_guide'],
			},
		},
		placeholder: 'Add Address From',
		default: {},
		options: [
			{
				displayName: 'Address From',
				name: 'values',
				values: [
					{
						displayName: 'City',
						name: 'city',
						type: 'string',
						default: '',
						required: true,
						description: 'City of the place, e.g. Porto',
					},
					{
						displayName: 'Country',
						name: 'country',
						type: 'string',
						default: '',
						required: true,
						description: 'Country by ISO code or name, e.g. PT',
					},
					fields.detail,
					{
						displayName: 'Postal Code',
						name: 'postal_code',
						type: 'string',
						default: '',
						required: true,
						description: 'Postal code of the place, e.g. 4000-100',
					},
				],
			},
		],
		description: 'New address where the goods are loaded',
	},
	{
		displayName: 'Address To',
		name: 'address_to',
		type: 'fixedCollection',
		displayOptions: {
			show: {
				resource: ['guides'],
				operation: ['update_guide'],
			},
		},
		placeholder: 'Add Address To',
		default: {},
		options: [
			{
				displayName: 'Address To',
				name: 'values',
				values: [
					{
						displayName: 'City',
						name: 'city',
						type: 'string',
						default: '',
						required: true,
						description: 'City of the place, e.g. Porto',
					},
					{
						displayName: 'Country',
						name: 'country',
						type: 'string',
						default: '',
						required: true,
						description: 'Country by ISO code or name, e.g. PT',
					},
					fields.detail,
					{
						displayName: 'Postal Code',
						name: 'postal_code',
						type: 'string',
						default: '',
						required: true,
						description: 'Postal code of the place, e.g. 4000-100',
					},
				],
			},
		],
		description: 'New address where the goods are delivered',
	},
	{
		displayName: 'Document Type',
		name: 'document_type',
		type: 'options',
		displayOptions: {
			show: {
				resource: ['guides'],
				operation: ['update_guide'],
			},
		},
		options: [
			{
				name: 'Devolutions',
				value: 'devolutions',
			},
			{
				name: 'Shippings',
				value: 'shippings',
			},
			{
				name: 'Transports',
				value: 'transports',
			},
		],
		default: 'devolutions',
		required: true,
		description: 'Kind of the draft, as list_guides shows it',
	},
	{
		displayName: 'Document ID',
		name: 'document_id',
		type: 'string',
		displayOptions: {
			show: {
				resource: ['guides'],
				operation: ['update_guide'],
			},
		},
		default: '',
		required: true,
		description: 'ID of the draft, from list_guides or the result that created it',
	},
	{
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		displayOptions: {
			show: {
				resource: ['guides'],
				operation: ['update_guide'],
			},
		},
		default: {},
		options: [
			fields.accept,
			fields.account,
			fields.clear,
			fields.date,
			fields.delivery_site,
			fields.due_date,
			fields.idempotency_key,
			fields.license_plate,
			fields.load_site,
			{
				displayName: 'Loaded AT',
				name: 'loaded_at',
				type: 'string',
				default: '',
				description: 'Start of the transport, in the future, in Lisbon time, e.g. 2026-11-30T09:30; required where the guide was not written from here, because InvoiceXpress does not return it',
			},
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
				resource: ['guides'],
				operation: ['create_guide'],
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
				resource: ['guides'],
				operation: ['create_guide'],
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
				resource: ['guides'],
				operation: ['create_guide'],
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
				resource: ['guides'],
				operation: ['create_guide'],
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
		displayName: 'Loaded AT',
		name: 'loaded_at',
		type: 'string',
		displayOptions: {
			show: {
				resource: ['guides'],
				operation: ['create_guide'],
			},
		},
		default: '',
		required: true,
		description: 'Start of the transport, in the future, in Lisbon time, e.g. 2026-11-30T09:30',
	},
	{
		displayName: 'Address From',
		name: 'address_from',
		type: 'fixedCollection',
		displayOptions: {
			show: {
				resource: ['guides'],
				operation: ['create_guide'],
			},
		},
		placeholder: 'Add Address From',
		default: {},
		options: [
			{
				displayName: 'Address From',
				name: 'values',
				values: [
					{
						displayName: 'City',
						name: 'city',
						type: 'string',
						default: '',
						required: true,
						description: 'City of the place, e.g. Porto',
					},
					{
						displayName: 'Country',
						name: 'country',
						type: 'string',
						default: '',
						required: true,
						description: 'Country by ISO code or name, e.g. PT',
					},
					fields.detail,
					{
						displayName: 'Postal Code',
						name: 'postal_code',
						type: 'string',
						default: '',
						required: true,
						description: 'Postal code of the place, e.g. 4000-100',
					},
				],
			},
		],
		description: 'Address where the goods are loaded',
	},
	{
		displayName: 'Address To',
		name: 'address_to',
		type: 'fixedCollection',
		displayOptions: {
			show: {
				resource: ['guides'],
				operation: ['create_guide'],
			},
		},
		placeholder: 'Add Address To',
		default: {},
		options: [
			{
				displayName: 'Address To',
				name: 'values',
				values: [
					{
						displayName: 'City',
						name: 'city',
						type: 'string',
						default: '',
						required: true,
						description: 'City of the place, e.g. Porto',
					},
					{
						displayName: 'Country',
						name: 'country',
						type: 'string',
						default: '',
						required: true,
						description: 'Country by ISO code or name, e.g. PT',
					},
					fields.detail,
					{
						displayName: 'Postal Code',
						name: 'postal_code',
						type: 'string',
						default: '',
						required: true,
						description: 'Postal code of the place, e.g. 4000-100',
					},
				],
			},
		],
		description: 'Address where the goods are delivered',
	},
	{
		displayName: 'Document Type',
		name: 'document_type',
		type: 'options',
		displayOptions: {
			show: {
				resource: ['guides'],
				operation: ['create_guide'],
			},
		},
		options: [
			{
				name: 'Devolutions',
				value: 'devolutions',
			},
			{
				name: 'Shippings',
				value: 'shippings',
			},
			{
				name: 'Transports',
				value: 'transports',
			},
		],
		default: 'devolutions',
		required: true,
		description: 'Kind of guide: shippings (delivery), transports (transport) or devolutions (return)',
	},
	{
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		displayOptions: {
			show: {
				resource: ['guides'],
				operation: ['create_guide'],
			},
		},
		default: {},
		options: [
			fields.accept,
			fields.account,
			fields.delivery_site,
			fields.dry_run,
			fields.idempotency_key,
			fields.license_plate,
			fields.load_site,
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
				resource: ['guides'],
				operation: ['list_guides'],
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
				resource: ['guides'],
				operation: ['list_guides'],
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
				resource: ['guides'],
				operation: ['list_guides'],
			},
		},
		default: {},
		options: [
			fields.account,
			fields.archived,
			fields.fields,
			{
				displayName: 'Loaded From',
				name: 'loaded_from',
				type: 'string',
				default: '',
				description: 'First day of loading to list, e.g. 2026-11-01',
			},
			{
				displayName: 'Loaded To',
				name: 'loaded_to',
				type: 'string',
				default: '',
				description: 'Last day of loading to list, e.g. 2026-11-30',
			},
			fields.non_archived,
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
				],
				default: [],
				description: 'States to list; default draft and final',
			},
			fields.text,
			{
				displayName: 'Types',
				name: 'types',
				type: 'multiOptions',
				options: [
					{
						name: 'Devolutions',
						value: 'devolutions',
					},
					{
						name: 'Shippings',
						value: 'shippings',
					},
					{
						name: 'Transports',
						value: 'transports',
					},
				],
				default: [],
				description: 'Kinds of guide to list; default all',
			},
		],
	},
];
