// Generated from the OpenAPI document of ix-tools; a change here is lost.
import type { INodeProperties } from 'n8n-workflow';

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
				description: 'Your own unique code for the client; default of a new one its fiscal_id',
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
				description: 'Tax number of the client: NIF or foreign VAT number; 999999990 alone means the final consumer',
			},
			{
				displayName: 'ID',
				name: 'id',
				type: 'number',
				default: 0,
				description: 'ID of an existing client, from find_client or list_clients',
			},
			{
				displayName: 'Name',
				name: 'name',
				type: 'string',
				default: '',
				description: 'Exact name of the client, as documents print it',
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
				displayName: 'Website',
				name: 'website',
				type: 'string',
				default: '',
				description: 'Web address of the client',
			},
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
					{
						displayName: 'More',
						name: 'more',
						type: 'collection',
						placeholder: 'Add Field',
						default: {},
						options: [
							{
								displayName: 'Description',
								name: 'description',
								type: 'string',
								default: '',
								description: 'Further text printed below the name',
							},
							{
								displayName: 'Discount',
								name: 'discount',
								type: 'number',
								default: 0,
								description: 'Discount on the line in percent, 0 to 100; default none',
							},
							{
								displayName: 'Tax',
								name: 'tax',
								type: 'string',
								default: '',
								description: "Name of the VAT rate, e.g. IVA23, from list_taxes; default the catalogue's, else the account's",
							},
							{
								displayName: 'Unit',
								name: 'unit',
								type: 'options',
								options: [
									{
										name: 'Day',
										value: 'day',
									},
									{
										name: 'Hour',
										value: 'hour',
									},
									{
										name: 'Month',
										value: 'month',
									},
									{
										name: 'Other',
										value: 'other',
									},
									{
										name: 'Service',
										value: 'service',
									},
									{
										name: 'Unit',
										value: 'unit',
									},
								],
								default: 'day',
								description: 'Unit in which the quantity is measured',
							},
							{
								displayName: 'Unit Price',
								name: 'unit_price',
								type: 'number',
								default: 0,
								description: "Price of one unit without VAT, with at most 4 decimals; default the catalogue's for this name",
							},
						],
					},
					{
						displayName: 'Name',
						name: 'name',
						type: 'string',
						default: '',
						required: true,
						description: 'Name of the product or service, as the line prints it',
					},
					{
						displayName: 'Quantity',
						name: 'quantity',
						type: 'number',
						default: 0,
						required: true,
						description: 'Number of units, greater than 0, with at most 4 decimals',
					},
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
					{
						displayName: 'Value',
						name: 'value',
						type: 'number',
						default: 0,
						required: true,
						description: 'Size of the discount, in percent or as an amount',
					},
					{
						displayName: 'Value Type',
						name: 'value_type',
						type: 'options',
						options: [
							{
								name: 'Absolute',
								value: 'absolute',
							},
							{
								name: 'Percentage',
								value: 'percentage',
							},
						],
						default: 'absolute',
						required: true,
						description: 'Meaning of value: percentage, or absolute for an amount without VAT',
					},
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
				displayName: 'Currency Code',
				name: 'currency_code',
				type: 'string',
				default: '',
				description: "Second currency in which the total is printed too, e.g. USD; amounts stay in the account's currency",
			},
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
			{
				displayName: 'Dry Run',
				name: 'dry_run',
				type: 'boolean',
				default: false,
				description: 'Whether it applies. True computes the totals, creates nothing.',
			},
			{
				displayName: 'Idempotency Key',
				name: 'idempotency_key',
				type: 'string',
				default: '',
				description: 'Key of your own: with the same key the call is done once, with a new one again',
			},
			{
				displayName: 'Manual Sequence Number',
				name: 'manual_sequence_number',
				type: 'string',
				default: '',
				description: 'Number of the document, only for accounts outside Portugal that number by hand',
			},
			{
				displayName: 'MB Reference',
				name: 'mb_reference',
				type: 'boolean',
				default: false,
				description: 'Whether it applies. True adds a Multibanco payment reference when the document is finalized.',
			},
			{
				displayName: 'Observations',
				name: 'observations',
				type: 'string',
				default: '',
				description: 'Notes printed on the document',
			},
			{
				displayName: 'Owner Invoice ID',
				name: 'owner_invoice_id',
				type: 'string',
				default: '',
				description: 'ID or number of the invoice that a credit or debit note corrects (required), or of the guide that an invoice bills',
			},
			{
				displayName: 'Plugin ID',
				name: 'plugin_id',
				type: 'string',
				default: '',
				description: 'ID of the plugin that creates the document; it is not printed',
			},
			{
				displayName: 'Proprietary UID',
				name: 'proprietary_uid',
				type: 'string',
				default: '',
				description: 'Unique ID of your own; the same ID creates no second document',
			},
			{
				displayName: 'Rate',
				name: 'rate',
				type: 'number',
				default: 0,
				description: "Exchange rate: units of currency_code for 1 unit of the account's currency",
			},
			{
				displayName: 'Reference',
				name: 'reference',
				type: 'string',
				default: '',
				description: 'Reference of your own that is printed, e.g. an order number',
			},
			{
				displayName: 'Retention',
				name: 'retention',
				type: 'number',
				default: 0,
				description: 'Withholding tax in percent, 0 to 99.99, printed beside the total; default none',
			},
			{
				displayName: 'Sequence ID',
				name: 'sequence_id',
				type: 'number',
				default: 0,
				description: 'ID of the series for this document type, from list_sequences; instead of series',
			},
			{
				displayName: 'Series',
				name: 'series',
				type: 'string',
				default: '',
				description: "Name of the series, from list_sequences; default the account's default series",
			},
			{
				displayName: 'Tax Exemption',
				name: 'tax_exemption',
				type: 'string',
				default: '',
				description: 'Code of the reason for charging no VAT, e.g. M07, from lookup_exemption_codes; required when a line has 0% VAT',
			},
			{
				displayName: 'Tax Exemption Reason',
				name: 'tax_exemption_reason',
				type: 'options',
				options: [
					{
						name: 'M00',
						value: 'M00',
					},
				],
				default: 'M00',
				description: 'M00 removes the stored tax_exemption; for updates only',
			},
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
			{
				displayName: 'Account',
				name: 'account',
				type: 'string',
				default: '',
				description: 'One of your accounts; required if you have several',
			},
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
			{
				displayName: 'Account',
				name: 'account',
				type: 'string',
				default: '',
				description: 'One of your accounts; required if you have several',
			},
			{
				displayName: 'Delivery',
				name: 'delivery',
				type: 'options',
				options: [
					{
						name: 'Link',
						value: 'link',
					},
				],
				default: 'link',
				description: 'Always link, the only way over HTTP',
			},
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
			{
				displayName: 'Account',
				name: 'account',
				type: 'string',
				default: '',
				description: 'One of your accounts; required if you have several',
			},
			{
				displayName: 'Idempotency Key',
				name: 'idempotency_key',
				type: 'string',
				default: '',
				description: 'Key of your own: with the same key the call is done once, with a new one again',
			},
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
			{
				displayName: 'Account',
				name: 'account',
				type: 'string',
				default: '',
				description: 'One of your accounts; required if you have several',
			},
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
				description: 'Your own unique code for the client; default of a new one its fiscal_id',
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
				description: 'Tax number of the client: NIF or foreign VAT number; 999999990 alone means the final consumer',
			},
			{
				displayName: 'ID',
				name: 'id',
				type: 'number',
				default: 0,
				description: 'ID of an existing client, from find_client or list_clients',
			},
			{
				displayName: 'Name',
				name: 'name',
				type: 'string',
				default: '',
				description: 'Exact name of the client, as documents print it',
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
				displayName: 'Website',
				name: 'website',
				type: 'string',
				default: '',
				description: 'Web address of the client',
			},
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
					{
						displayName: 'More',
						name: 'more',
						type: 'collection',
						placeholder: 'Add Field',
						default: {},
						options: [
							{
								displayName: 'Description',
								name: 'description',
								type: 'string',
								default: '',
								description: 'Further text printed below the name',
							},
							{
								displayName: 'Discount',
								name: 'discount',
								type: 'number',
								default: 0,
								description: 'Discount on the line in percent, 0 to 100; default none',
							},
							{
								displayName: 'Tax',
								name: 'tax',
								type: 'string',
								default: '',
								description: "Name of the VAT rate, e.g. IVA23, from list_taxes; default the catalogue's, else the account's",
							},
							{
								displayName: 'Unit',
								name: 'unit',
								type: 'options',
								options: [
									{
										name: 'Day',
										value: 'day',
									},
									{
										name: 'Hour',
										value: 'hour',
									},
									{
										name: 'Month',
										value: 'month',
									},
									{
										name: 'Other',
										value: 'other',
									},
									{
										name: 'Service',
										value: 'service',
									},
									{
										name: 'Unit',
										value: 'unit',
									},
								],
								default: 'day',
								description: 'Unit in which the quantity is measured',
							},
							{
								displayName: 'Unit Price',
								name: 'unit_price',
								type: 'number',
								default: 0,
								description: "Price of one unit without VAT, with at most 4 decimals; default the catalogue's for this name",
							},
						],
					},
					{
						displayName: 'Name',
						name: 'name',
						type: 'string',
						default: '',
						required: true,
						description: 'Name of the product or service, as the line prints it',
					},
					{
						displayName: 'Quantity',
						name: 'quantity',
						type: 'number',
						default: 0,
						required: true,
						description: 'Number of units, greater than 0, with at most 4 decimals',
					},
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
					{
						displayName: 'Value',
						name: 'value',
						type: 'number',
						default: 0,
						required: true,
						description: 'Size of the discount, in percent or as an amount',
					},
					{
						displayName: 'Value Type',
						name: 'value_type',
						type: 'options',
						options: [
							{
								name: 'Absolute',
								value: 'absolute',
							},
							{
								name: 'Percentage',
								value: 'percentage',
							},
						],
						default: 'absolute',
						required: true,
						description: 'Meaning of value: percentage, or absolute for an amount without VAT',
					},
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
				displayName: 'Body',
				name: 'body',
				type: 'string',
				default: '',
				description: 'Text of the e-mail message',
			},
			{
				displayName: 'Currency Code',
				name: 'currency_code',
				type: 'string',
				default: '',
				description: "Second currency in which the total is printed too, e.g. USD; amounts stay in the account's currency",
			},
			{
				displayName: 'Delivery',
				name: 'delivery',
				type: 'options',
				options: [
					{
						name: 'Link',
						value: 'link',
					},
				],
				default: 'link',
				description: 'Always link, the only way over HTTP',
			},
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
			{
				displayName: 'Idempotency Key',
				name: 'idempotency_key',
				type: 'string',
				default: '',
				description: 'Key of your own: with the same key the call is done once, with a new one again',
			},
			{
				displayName: 'Manual Sequence Number',
				name: 'manual_sequence_number',
				type: 'string',
				default: '',
				description: 'Number of the document, only for accounts outside Portugal that number by hand',
			},
			{
				displayName: 'MB Reference',
				name: 'mb_reference',
				type: 'boolean',
				default: false,
				description: 'Whether it applies. True adds a Multibanco payment reference when the document is finalized.',
			},
			{
				displayName: 'Observations',
				name: 'observations',
				type: 'string',
				default: '',
				description: 'Notes printed on the document',
			},
			{
				displayName: 'Owner Invoice ID',
				name: 'owner_invoice_id',
				type: 'string',
				default: '',
				description: 'ID or number of the invoice that a credit or debit note corrects (required), or of the guide that an invoice bills',
			},
			{
				displayName: 'Plugin ID',
				name: 'plugin_id',
				type: 'string',
				default: '',
				description: 'ID of the plugin that creates the document; it is not printed',
			},
			{
				displayName: 'Proprietary UID',
				name: 'proprietary_uid',
				type: 'string',
				default: '',
				description: 'Unique ID of your own; the same ID creates no second document',
			},
			{
				displayName: 'Rate',
				name: 'rate',
				type: 'number',
				default: 0,
				description: "Exchange rate: units of currency_code for 1 unit of the account's currency",
			},
			{
				displayName: 'Reference',
				name: 'reference',
				type: 'string',
				default: '',
				description: 'Reference of your own that is printed, e.g. an order number',
			},
			{
				displayName: 'Retention',
				name: 'retention',
				type: 'number',
				default: 0,
				description: 'Withholding tax in percent, 0 to 99.99, printed beside the total; default none',
			},
			{
				displayName: 'Sequence ID',
				name: 'sequence_id',
				type: 'number',
				default: 0,
				description: 'ID of the series for this document type, from list_sequences; instead of series',
			},
			{
				displayName: 'Series',
				name: 'series',
				type: 'string',
				default: '',
				description: "Name of the series, from list_sequences; default the account's default series",
			},
			{
				displayName: 'Subject',
				name: 'subject',
				type: 'string',
				default: '',
				description: 'Subject line of the e-mail',
			},
			{
				displayName: 'Tax Exemption',
				name: 'tax_exemption',
				type: 'string',
				default: '',
				description: 'Code of the reason for charging no VAT, e.g. M07, from lookup_exemption_codes; required when a line has 0% VAT',
			},
			{
				displayName: 'Tax Exemption Reason',
				name: 'tax_exemption_reason',
				type: 'options',
				options: [
					{
						name: 'M00',
						value: 'M00',
					},
				],
				default: 'M00',
				description: 'M00 removes the stored tax_exemption; for updates only',
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
				resource: ['core'],
				operation: ['list_taxes'],
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
				type: 'boolean',
				default: false,
				description: 'Whether it applies. List archived documents too; default false.',
			},
			{
				displayName: 'Date From',
				name: 'date_from',
				type: 'string',
				default: '',
				description: 'First document date to list, e.g. 2026-11-01',
			},
			{
				displayName: 'Date To',
				name: 'date_to',
				type: 'string',
				default: '',
				description: 'Last document date to list, e.g. 2026-11-30',
			},
			{
				displayName: 'Due Date From',
				name: 'due_date_from',
				type: 'string',
				default: '',
				description: 'First due date to list, e.g. 2026-11-01',
			},
			{
				displayName: 'Due Date To',
				name: 'due_date_to',
				type: 'string',
				default: '',
				description: 'Last due date to list, e.g. 2026-11-30',
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
				displayName: 'Non Archived',
				name: 'non_archived',
				type: 'boolean',
				default: true,
				description: 'Whether it applies. List documents that are not archived; default true.',
			},
			{
				displayName: 'Overdue',
				name: 'overdue',
				type: 'boolean',
				default: false,
				description: 'Whether it applies. True lists only what was due before today and is left to pay; default false.',
			},
			{
				displayName: 'Reference',
				name: 'reference',
				type: 'string',
				default: '',
				description: 'Reference to match exactly, as the document prints it',
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
				displayName: 'Text',
				name: 'text',
				type: 'string',
				default: '',
				description: "Words to search for, e.g. a client's name, matched loosely",
			},
			{
				displayName: 'Total Before Taxes From',
				name: 'total_before_taxes_from',
				type: 'number',
				default: 0,
				description: 'Smallest total without VAT to list',
			},
			{
				displayName: 'Total Before Taxes To',
				name: 'total_before_taxes_to',
				type: 'number',
				default: 0,
				description: 'Largest total without VAT to list',
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
				description: 'Kinds of document to list; default all but receipts, or with a due date those that fall due',
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
			{
				displayName: 'Account',
				name: 'account',
				type: 'string',
				default: '',
				description: 'One of your accounts; required if you have several',
			},
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
			{
				displayName: 'Account',
				name: 'account',
				type: 'string',
				default: '',
				description: 'One of your accounts; required if you have several',
			},
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
			{
				displayName: 'Account',
				name: 'account',
				type: 'string',
				default: '',
				description: 'One of your accounts; required if you have several',
			},
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
