// Generated from the OpenAPI document of ix-tools; a change here is lost.
import type { INodeProperties } from 'n8n-workflow';
import { fields } from './fields';

export const core: INodeProperties[] = [
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: {
			show: {
				resource: ['core'],
			},
		},
		options: [
			{
				name: 'Create a Draft Invoice',
				value: 'create_invoice',
				action: 'Create a draft invoice',
				description: 'Create an invoice, invoice-receipt, simplified invoice, credit or debit note as a draft; totals are checked to the cent. Nothing is issued until change_state finalizes it.',
			},
			{
				name: 'Describe an Operation',
				value: 'describe_operation',
				action: 'Describe an operation',
				description: "Read an operation's parameters, example and effect. Then run_operation.",
			},
			{
				name: 'Fetch a PDF',
				value: 'get_pdf',
				action: 'Fetch a PDF',
				description: 'Fetch the PDF of an issued document. If still pending, call again.',
			},
			{
				name: 'Finalize, Cancel, Delete, Settle',
				value: 'change_state',
				action: 'Finalize or cancel or delete or settle',
				description: 'Finalize, cancel, delete, settle or unsettle a document, accept or refuse an estimate; a person approves. Finalizing issues a certified document that can never be edited or deleted.',
			},
			{
				name: 'Find Operations',
				value: 'search_operations',
				action: 'Find operations',
				description: 'Find operations by what you want done, in English or Portuguese, also those not listed as tools. A clear match comes described; then run_operation.',
			},
			{
				name: 'Issue an Invoice',
				value: 'issue_invoice',
				action: 'Issue an invoice',
				description: 'Issue an invoice in one call: draft, finalize, PDF, e-mail; a person approves all of it once. If it stops, the same call goes on from there, never with a second document.',
			},
			{
				name: 'List Invoices and Notes',
				value: 'list_invoices',
				action: 'List invoices and notes',
				description: 'List invoices and notes, newest first, in pages; unpaid or overdue ones with what is open. A new document may take seconds to appear.',
			},
			{
				name: 'List VAT Rates',
				value: 'list_taxes',
				action: 'List VAT rates',
				description: "List the account's VAT rates: names, rates, default",
			},
			{
				name: 'Look Up Exemption Codes',
				value: 'lookup_exemption_codes',
				action: 'Look up exemption codes',
				description: 'Look up VAT exemption codes (motivos de isenção): printed text, law, validity, clients. It never chooses one: ask the person why there is no VAT.',
			},
			{
				name: 'Read a Document',
				value: 'get_document',
				action: 'Read a document',
				description: 'Read one document whole: state, number, ATCUD, client, lines, totals',
			},
			{
				name: 'Run Any Operation',
				value: 'run_operation',
				action: 'Run any operation',
				description: 'Run an operation that is not listed as a tool: the same checks and approval as a call of its own',
			},
		],
		default: 'issue_invoice',
	},
	{
		displayName: 'Date',
		name: 'date',
		type: 'string',
		displayOptions: {
			show: {
				resource: ['core'],
				operation: ['create_invoice'],
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
				resource: ['core'],
				operation: ['create_invoice'],
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
				resource: ['core'],
				operation: ['create_invoice'],
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
				resource: ['core'],
				operation: ['create_invoice'],
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
		displayName: 'Global Discount',
		name: 'global_discount',
		type: 'fixedCollection',
		displayOptions: {
			show: {
				resource: ['core'],
				operation: ['create_invoice'],
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
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		displayOptions: {
			show: {
				resource: ['core'],
				operation: ['create_invoice'],
			},
		},
		default: {},
		options: [
			fields.accept,
			fields.account,
			fields.currency_code,
			{
				displayName: 'Document Type',
				name: 'document_type',
				type: 'options',
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
				default: 'invoices',
				description: 'Kind of document to create; default invoices',
			},
			fields.dry_run,
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
			fields.proprietary_uid,
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
		displayName: 'Operation',
		name: 'operation',
		type: 'string',
		displayOptions: {
			show: {
				resource: ['core'],
				operation: ['describe_operation'],
			},
		},
		default: '',
		required: true,
		description: 'Name of the operation, from search_operations',
	},
	{
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		displayOptions: {
			show: {
				resource: ['core'],
				operation: ['describe_operation'],
			},
		},
		default: {},
		options: [
			fields.account,
			{
				displayName: 'Parameter',
				name: 'parameter',
				type: 'string',
				default: '',
				description: 'Name of one parameter, to read its whole schema alone',
			},
		],
	},
	{
		displayName: 'Document ID',
		name: 'document_id',
		type: 'string',
		displayOptions: {
			show: {
				resource: ['core'],
				operation: ['get_pdf'],
			},
		},
		default: '',
		required: true,
		description: 'ID or number of the document, e.g. 1001 or FT 17/2026',
	},
	{
		displayName: 'As File',
		name: 'asFile',
		type: 'boolean',
		displayOptions: {
			show: {
				resource: ['core'],
				operation: ['get_pdf'],
			},
		},
		default: true,
		description: 'Whether to return the PDF as a binary file, or as a link',
	},
	{
		displayName: 'Put Output File in Field',
		name: 'binaryPropertyName',
		type: 'string',
		required: true,
		displayOptions: {
			show: {
				resource: ['core'],
				operation: ['get_pdf'],
				asFile: [
					true,
				],
			},
		},
		default: 'data',
		hint: 'The name of the output binary field to put the file in',
	},
	{
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		displayOptions: {
			show: {
				resource: ['core'],
				operation: ['get_pdf'],
			},
		},
		default: {},
		options: [
			fields.account,
			fields.delivery,
			{
				displayName: 'Second Copy',
				name: 'second_copy',
				type: 'boolean',
				default: false,
				description: 'Whether it applies. True prints it as a second copy (2.ª via); default false.',
			},
		],
	},
	{
		displayName: 'Document Type',
		name: 'document_type',
		type: 'options',
		displayOptions: {
			show: {
				resource: ['core'],
				operation: ['change_state'],
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
				resource: ['core'],
				operation: ['change_state'],
			},
		},
		default: '',
		required: true,
		description: 'ID or number of the document, e.g. 1001 or FT 17/2026',
	},
	{
		displayName: 'State',
		name: 'state',
		type: 'options',
		displayOptions: {
			show: {
				resource: ['core'],
				operation: ['change_state'],
			},
		},
		options: [
			{
				name: 'Accept',
				value: 'accept',
			},
			{
				name: 'Canceled',
				value: 'canceled',
			},
			{
				name: 'Deleted',
				value: 'deleted',
			},
			{
				name: 'Finalized',
				value: 'finalized',
			},
			{
				name: 'Refuse',
				value: 'refuse',
			},
			{
				name: 'Settled',
				value: 'settled',
			},
			{
				name: 'Unsettled',
				value: 'unsettled',
			},
		],
		default: 'accept',
		required: true,
		description: 'State that the document changes to',
	},
	{
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		displayOptions: {
			show: {
				resource: ['core'],
				operation: ['change_state'],
			},
		},
		default: {},
		options: [
			fields.account,
			fields.idempotency_key,
			{
				displayName: 'Message',
				name: 'message',
				type: 'string',
				default: '',
				description: 'Reason in a sentence; required to cancel, except for estimates',
			},
		],
	},
	{
		displayName: 'Text',
		name: 'text',
		type: 'string',
		displayOptions: {
			show: {
				resource: ['core'],
				operation: ['search_operations'],
			},
		},
		default: '',
		required: true,
		description: 'What to do, e.g. apagar cliente, or the name of a toolset',
	},
	{
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		displayOptions: {
			show: {
				resource: ['core'],
				operation: ['search_operations'],
			},
		},
		default: {},
		options: [
			fields.account,
		],
	},
	{
		displayName: 'Date',
		name: 'date',
		type: 'string',
		displayOptions: {
			show: {
				resource: ['core'],
				operation: ['issue_invoice'],
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
				resource: ['core'],
				operation: ['issue_invoice'],
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
				resource: ['core'],
				operation: ['issue_invoice'],
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
				resource: ['core'],
				operation: ['issue_invoice'],
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
		displayName: 'Global Discount',
		name: 'global_discount',
		type: 'fixedCollection',
		displayOptions: {
			show: {
				resource: ['core'],
				operation: ['issue_invoice'],
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
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		displayOptions: {
			show: {
				resource: ['core'],
				operation: ['issue_invoice'],
			},
		},
		default: {},
		options: [
			fields.accept,
			fields.account,
			fields.body,
			fields.currency_code,
			fields.delivery,
			{
				displayName: 'Document Type',
				name: 'document_type',
				type: 'options',
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
				default: 'invoices',
				description: 'Kind of document to issue; default invoices',
			},
			{
				displayName: 'Email',
				name: 'email',
				type: 'string',
				placeholder: 'name@email.com',
				default: '',
				description: 'Email address that gets the PDF; without one nothing is sent',
			},
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
			fields.proprietary_uid,
			fields.rate,
			fields.reference,
			fields.retention,
			fields.sequence_id,
			fields.series,
			fields.subject,
			fields.tax_exemption,
			fields.tax_exemption_reason,
		],
	},
	{
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		displayOptions: {
			show: {
				resource: ['core'],
				operation: ['list_taxes'],
			},
		},
		default: {},
		options: [
			fields.account,
		],
	},
	{
		displayName: 'Return All',
		name: 'returnAll',
		type: 'boolean',
		displayOptions: {
			show: {
				resource: ['core'],
				operation: ['list_invoices'],
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
				resource: ['core'],
				operation: ['list_invoices'],
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
				resource: ['core'],
				operation: ['list_invoices'],
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
			fields.overdue,
			{
				displayName: 'Reference',
				name: 'reference',
				type: 'string',
				default: '',
				description: 'Reference to match exactly, as the document prints it',
			},
			fields.response_format,
			fields.states,
			fields.text,
			fields.total_before_taxes_from,
			fields.total_before_taxes_to,
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
				description: 'Kinds of document to list; default all but receipts, or with a due date those that fall due',
			},
			fields.unpaid,
		],
	},
	{
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		displayOptions: {
			show: {
				resource: ['core'],
				operation: ['lookup_exemption_codes'],
			},
		},
		default: {},
		options: [
			fields.account,
			{
				displayName: 'All',
				name: 'all',
				type: 'boolean',
				default: false,
				description: 'Whether it applies. True lists codes that have ended too; default false.',
			},
			{
				displayName: 'Code',
				name: 'code',
				type: 'string',
				default: '',
				description: 'Exemption code to look up, e.g. M07',
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
						name: 'Pt',
						value: 'pt',
					},
				],
				default: 'pt',
				description: 'Language of the notes; default pt',
			},
			{
				displayName: 'On',
				name: 'on',
				type: 'string',
				default: '',
				description: 'Date of the document, e.g. 2026-11-30; default today',
			},
			{
				displayName: 'Text',
				name: 'text',
				type: 'string',
				default: '',
				description: 'Words in Portuguese or English to search for, or a law, e.g. artigo 9',
			},
		],
	},
	{
		displayName: 'Document Type',
		name: 'document_type',
		type: 'options',
		displayOptions: {
			show: {
				resource: ['core'],
				operation: ['get_document'],
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
				resource: ['core'],
				operation: ['get_document'],
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
				resource: ['core'],
				operation: ['get_document'],
			},
		},
		default: {},
		options: [
			fields.account,
		],
	},
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'string',
		displayOptions: {
			show: {
				resource: ['core'],
				operation: ['run_operation'],
			},
		},
		default: '',
		required: true,
		description: 'Name of the operation, from search_operations',
	},
	{
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		displayOptions: {
			show: {
				resource: ['core'],
				operation: ['run_operation'],
			},
		},
		default: {},
		options: [
			fields.account,
			{
				displayName: 'Arguments',
				name: 'arguments',
				type: 'json',
				default: '{}',
				description: 'Arguments of the operation, as describe_operation shows them',
			},
		],
	},
];
