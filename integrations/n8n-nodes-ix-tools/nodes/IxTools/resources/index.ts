// Generated from the OpenAPI document of ix-tools; a change here is lost.
import type { INodeProperties } from 'n8n-workflow';
import type { Traits } from '../traits';
import { core } from './core';
import { invoices } from './invoices';
import { estimates } from './estimates';
import { guides } from './guides';
import { payments } from './payments';
import { sequences } from './sequences';
import { clients } from './clients';
import { items } from './items';
import { taxes } from './taxes';
import { saft } from './saft';
import { workflows } from './workflows';
import { batches } from './batches';
import { treasury } from './treasury';
import { accounts } from './accounts';

export const resource: INodeProperties = {
	displayName: 'Resource',
	name: 'resource',
	type: 'options',
	noDataExpression: true,
	options: [
		{
			name: 'Account',
			value: 'accounts',
		},
		{
			name: 'Batch',
			value: 'batches',
		},
		{
			name: 'Client',
			value: 'clients',
		},
		{
			name: 'Estimate',
			value: 'estimates',
		},
		{
			name: 'Everyday',
			value: 'core',
		},
		{
			name: 'Guide',
			value: 'guides',
		},
		{
			name: 'Invoice',
			value: 'invoices',
		},
		{
			name: 'Item',
			value: 'items',
		},
		{
			name: 'Payment',
			value: 'payments',
		},
		{
			name: 'SAF-T',
			value: 'saft',
		},
		{
			name: 'Sequence',
			value: 'sequences',
		},
		{
			name: 'Tax',
			value: 'taxes',
		},
		{
			name: 'Treasury',
			value: 'treasury',
		},
		{
			name: 'Workflow',
			value: 'workflows',
		},
	],
	default: 'core',
};

export const fields: INodeProperties[] = [...core, ...invoices, ...estimates, ...guides, ...payments, ...sequences, ...clients, ...items, ...taxes, ...saft, ...workflows, ...batches, ...treasury, ...accounts];

export const waiting: string[] = [
	'change_state',
	'issue_invoice',
	'run_operation',
	'send_email',
	'generate_payment',
	'cancel_payment',
	'create_sequence',
	'register_sequence',
	'update_sequence',
	'delete_client',
	'delete_item',
	'delete_tax',
	'run_batch',
	'discard_batch',
	'set_initial_balance',
	'create_regularization',
	'delete_regularization',
	'create_treasury_movement',
	'delete_treasury_movement',
	'create_account',
	'update_account',
	'setup_at_communication',
];

export const traits: Record<string, Traits> = {
	create_invoice: {
		hasKey: true,
	},
	get_document: {},
	list_invoices: {
		rows: 'invoices',
	},
	change_state: {
		mayWait: true,
		hasKey: true,
	},
	get_pdf: {
		returnsPdf: true,
	},
	list_taxes: {},
	lookup_exemption_codes: {},
	issue_invoice: {
		mayWait: true,
		hasKey: true,
	},
	search_operations: {},
	describe_operation: {},
	run_operation: {
		mayWait: true,
	},
	update_invoice: {
		hasKey: true,
	},
	send_email: {
		mayWait: true,
		hasKey: true,
	},
	get_related_documents: {},
	get_qr_code: {},
	create_estimate: {
		hasKey: true,
	},
	update_estimate: {
		hasKey: true,
	},
	list_estimates: {
		rows: 'estimates',
	},
	create_guide: {
		hasKey: true,
	},
	update_guide: {
		hasKey: true,
	},
	list_guides: {
		rows: 'guides',
	},
	generate_payment: {
		mayWait: true,
		hasKey: true,
	},
	cancel_payment: {
		mayWait: true,
		hasKey: true,
	},
	list_sequences: {},
	get_sequence: {},
	create_sequence: {
		mayWait: true,
		hasKey: true,
	},
	register_sequence: {
		mayWait: true,
		hasKey: true,
	},
	set_default_sequence: {
		hasKey: true,
	},
	update_sequence: {
		mayWait: true,
		hasKey: true,
	},
	find_client: {},
	list_clients: {
		rows: 'clients',
	},
	get_client: {},
	create_client: {
		hasKey: true,
	},
	update_client: {
		hasKey: true,
	},
	delete_client: {
		mayWait: true,
		hasKey: true,
	},
	list_client_invoices: {
		rows: 'invoices',
	},
	list_items: {
		rows: 'items',
	},
	get_item: {},
	create_item: {
		hasKey: true,
	},
	update_item: {
		hasKey: true,
	},
	delete_item: {
		mayWait: true,
		hasKey: true,
	},
	get_tax: {},
	create_tax: {
		hasKey: true,
	},
	update_tax: {
		hasKey: true,
	},
	delete_tax: {
		mayWait: true,
		hasKey: true,
	},
	export_saft: {},
	correct_document: {
		hasKey: true,
	},
	account_statement: {},
	month_end_check: {},
	vat_summary: {},
	sales_by_client: {},
	run_batch: {
		mayWait: true,
	},
	get_batch: {},
	discard_batch: {
		mayWait: true,
	},
	get_client_balance: {},
	set_initial_balance: {
		mayWait: true,
		hasKey: true,
	},
	list_regularizations: {
		rows: 'regularization',
	},
	create_regularization: {
		mayWait: true,
		hasKey: true,
	},
	delete_regularization: {
		mayWait: true,
		hasKey: true,
	},
	create_treasury_movement: {
		mayWait: true,
		hasKey: true,
	},
	delete_treasury_movement: {
		mayWait: true,
		hasKey: true,
	},
	get_account: {},
	create_account: {
		mayWait: true,
		hasKey: true,
	},
	update_account: {
		mayWait: true,
		hasKey: true,
	},
	setup_at_communication: {
		mayWait: true,
		hasKey: true,
	},
};
