#!/bin/sh
# JSON in, JSON out and an exit code: all that n8n's Execute Command, a cron job or a shell script needs.
# With an account, leave out --sandbox-file and set INVOICEXPRESS_ACCOUNT and INVOICEXPRESS_API_KEY instead.
set -u
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export INVOICEXPRESS_STORE="$folder/approvals.db" INVOICEXPRESS_LANGUAGE=en
ix() { ix-tools --output json --sandbox-file "$folder/box.db" "$@"; }

echo "A draft, from JSON on standard input:"
ix create-invoice --json - <<'JSON'
{
  "date": "today",
  "due_date": "+30d",
  "client": {"code": "ACME"},
  "items": [{"name": "Revisão", "unit_price": 100, "quantity": 1, "tax": "IVA23"}],
  "proprietary_uid": "order-4711"
}
JSON
echo "exit code $?"

echo "A mistake, from options; the reason is in .problems, what to do in .next:"
ix create-invoice --date today --due-date +30d --client.code ACME \
  --items "name=Curso,unit_price=120,quantity=1,tax=Isento"
echo "exit code $?"

echo "Something irreversible waits for a person, who runs .approval.command in a terminal. The flow can end here:"
ix change-state --document-type invoices --document-id 1001 --state finalized --when-approved run
echo "exit code $?"

echo "A cron job carries out what was approved; nothing is so far:"
ix approvals run
echo "exit code $?"
