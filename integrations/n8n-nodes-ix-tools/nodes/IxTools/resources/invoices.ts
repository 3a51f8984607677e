// Generated from the OpenAPI document of ix-tools; a change here is lost.
import type { INodeProperties } from 'n8n-workflow';

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
				displayName: 'Currency Code',
				name: 'currency_code',
				type: 'string',
				default: '',
				description: "Second currency in which the total is printed too, e.g. USD; amounts stay in the account's currency",
			},
			{
				displayName: 'Date',
				name: 'date',
				type: 'string',
				default: '',
				description: 'New date of the document, e.g. 2026-11-30, or today',
			},
			{
				displayName: 'Due Date',
				name: 'due_date',
				type: 'string',
				default: '',
				description: 'New due date, e.g. 2026-12-30, or +30d for 30 days after date',
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
			{
				displayName: 'Account',
				name: 'account',
				type: 'string',
				default: '',
				description: 'One of your accounts; required if you have several',
			},
			{
				displayName: 'Bcc',
				name: 'bcc',
				type: 'string',
				placeholder: 'name@email.com',
				default: '',
				description: 'Email address that gets a hidden copy',
			},
			{
				displayName: 'Body',
				name: 'body',
				type: 'string',
				default: '',
				description: 'Text of the e-mail message',
			},
			{
				displayName: 'Cc',
				name: 'cc',
				type: 'string',
				placeholder: 'name@email.com',
				default: '',
				description: 'Email address that gets a copy',
			},
			{
				displayName: 'Idempotency Key',
				name: 'idempotency_key',
				type: 'string',
				default: '',
				description: 'Key of your own: with the same key the call is done once, with a new one again',
			},
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
			{
				displayName: 'Subject',
				name: 'subject',
				type: 'string',
				default: '',
				description: 'Subject line of the e-mail',
			},
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
			{
				displayName: 'Account',
				name: 'account',
				type: 'string',
				default: '',
				description: 'One of your accounts; required if you have several',
			},
		],
	},
];
