// Generated from the OpenAPI document of ix-tools; a change here is lost.
import type { INodeProperties } from 'n8n-workflow';
import { fields } from './fields';

export const invoices: INodeProperties[] = [
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: {
			show: {
				resource: ['invoices'],
			},
		},
		options: [
			{
				name: 'Change a Draft Invoice',
				value: 'update_invoice',
				action: 'Change a draft invoice',
				description: 'Change a draft. What you leave out stays; items, when given, replace all lines.',
			},
			{
				name: 'Email a Document',
				value: 'send_email',
				action: 'Email a document',
				description: 'Email an issued document; a person approves the recipient',
			},
			{
				name: 'Fetch a QR Code',
				value: 'get_qr_code',
				action: 'Fetch a QR code',
				description: 'Fetch the QR code of an issued document as PNG. If still pending, call again.',
			},
			{
				name: 'List Related Documents',
				value: 'get_related_documents',
				action: 'List related documents',
				description: 'List what belongs to an invoice: receipts, credit notes, debit notes',
			},
		],
		default: 'update_invoice',
	},
	{
		displayName: 'Client',
		name: 'client',
		type: 'collection',
		displayOptions: {
			show: {
				resource: ['invoices'],
				operation: ['update_invoice'],
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
				resource: ['invoices'],
				operation: ['update_invoice'],
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
		displayName: 'Global Discount',
		name: 'global_discount',
		type: 'fixedCollection',
		displayOptions: {
			show: {
				resource: ['invoices'],
				operation: ['update_invoice'],
			},
		},
		placeholder: 'Add Global Discount',
		default: {},
		options: [
			{
				displayName: 'Global Discount',
				name: 'values',
				values: [
					fields.value,
					fields.value_type,
				],
			},
		],
		description: 'Discount over all lines of the document; default none',
	},
	{
		displayName: 'Document Type',
		name: 'document_type',
		type: 'options',
		displayOptions: {
			show: {
				resource: ['invoices'],
				operation: ['update_invoice'],
			},
		},
		options: [
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
				name: 'Simplified Invoices',
				value: 'simplified_invoices',
			},
			{
				name: 'VAT Moss Invoices',
				value: 'vat_moss_invoices',
			},
		],
		default: 'credit_notes',
		required: true,
		description: 'Kind of the draft, as list_invoices shows it',
	},
	{
		displayName: 'Document ID',
		name: 'document_id',
		type: 'string',
		displayOptions: {
			show: {
				resource: ['invoices'],
				operation: ['update_invoice'],
			},
		},
		default: '',
		required: true,
		description: 'ID of the draft, from list_invoices or the result that created it',
	},
	{
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		displayOptions: {
			show: {
				resource: ['invoices'],
				operation: ['update_invoice'],
			},
		},
		default: {},
		options: [
			fields.accept,
			fields.account,
			fields.clear,
			fields.currency_code,
			fields.date,
			fields.due_date,
			fields.idempotency_key,
			fields.manual_sequence_number,
			fields.mb_reference,
			{
				displayName: 'Observations',
				name: 'observations',
				type: 'string',
				default: '',
				description: 'Notes printed on the document',
			},
			fields.owner_invoice_id,
			fields.plugin_id,
			fields.rate,
			fields.reference,
			fields.retention,
			fields.sequence_id,
			fields.series,
			fields.tax_exemption,
			fields.tax_exemption_reason,
		],
	},
	{
		displayName: 'Document Type',
		name: 'document_type',
		type: 'options',
		displayOptions: {
			show: {
				resource: ['invoices'],
				operation: ['send_email'],
			},
		},
		options: [
			{
				name: 'Credit Notes',
				value: 'credit_notes',
			},
			{
				name: 'Debit Notes',
				value: 'debit_notes',
			},
			{
				name: 'Devolutions',
				value: 'devolutions',
			},
			{
				name: 'Fees Notes',
				value: 'fees_notes',
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
				name: 'Proformas',
				value: 'proformas',
			},
			{
				name: 'Quotes',
				value: 'quotes',
			},
			{
				name: 'Receipts',
				value: 'receipts',
			},
			{
				name: 'Shippings',
				value: 'shippings',
			},
			{
				name: 'Simplified Invoices',
				value: 'simplified_invoices',
			},
			{
				name: 'Transports',
				value: 'transports',
			},
			{
				name: 'VAT Moss Invoices',
				value: 'vat_moss_invoices',
			},
		],
		default: 'credit_notes',
		required: true,
		description: 'Kind of the document, as lists and results show it',
	},
	{
		displayName: 'Document ID',
		name: 'document_id',
		type: 'string',
		displayOptions: {
			show: {
				resource: ['invoices'],
				operation: ['send_email'],
			},
		},
		default: '',
		required: true,
		description: 'ID or number of the document, e.g. 1001 or FT 17/2026',
	},
	{
		displayName: 'Email',
		name: 'email',
		type: 'string',
		displayOptions: {
			show: {
				resource: ['invoices'],
				operation: ['send_email'],
			},
		},
		placeholder: 'name@email.com',
		default: '',
		required: true,
		description: 'Email address of the recipient, e.g. ana@example.pt',
	},
	{
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		displayOptions: {
			show: {
				resource: ['invoices'],
				operation: ['send_email'],
			},
		},
		default: {},
		options: [
			fields.account,
			{
				displayName: 'Bcc',
				name: 'bcc',
				type: 'string',
				placeholder: 'name@email.com',
				default: '',
				description: 'Email address that gets a hidden copy',
			},
			fields.body,
			{
				displayName: 'Cc',
				name: 'cc',
				type: 'string',
				placeholder: 'name@email.com',
				default: '',
				description: 'Email address that gets a copy',
			},
			fields.idempotency_key,
			{
				displayName: 'Logo',
				name: 'logo',
				type: 'boolean',
				default: false,
				description: "Whether it applies. True puts the account's logo into the e-mail.",
			},
			{
				displayName: 'Save',
				name: 'save',
				type: 'boolean',
				default: false,
				description: "Whether it applies. True stores the address as the client's; default false.",
			},
			fields.subject,
		],
	},
	{
		displayName: 'Document ID',
		name: 'document_id',
		type: 'string',
		displayOptions: {
			show: {
				resource: ['invoices'],
				operation: ['get_qr_code'],
			},
		},
		default: '',
		required: true,
		description: 'ID or number of the document, e.g. 1001 or FT 17/2026',
	},
	{
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		displayOptions: {
			show: {
				resource: ['invoices'],
				operation: ['get_qr_code'],
			},
		},
		default: {},
		options: [
			fields.account,
			fields.delivery,
		],
	},
	{
		displayName: 'Document ID',
		name: 'document_id',
		type: 'string',
		displayOptions: {
			show: {
				resource: ['invoices'],
				operation: ['get_related_documents'],
			},
		},
		default: '',
		required: true,
		description: 'ID or number of the invoice, e.g. 1001 or FT 17/2026',
	},
	{
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		displayOptions: {
			show: {
				resource: ['invoices'],
				operation: ['get_related_documents'],
			},
		},
		default: {},
		options: [
			fields.account,
		],
	},
];
