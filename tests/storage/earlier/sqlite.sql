BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0011');
CREATE TABLE approvals (
	id VARCHAR(16) NOT NULL, 
	handle VARCHAR(64), 
	principal VARCHAR(200) NOT NULL, 
	account VARCHAR(300) NOT NULL, 
	operation VARCHAR(64) NOT NULL, 
	arguments VARCHAR(64) NOT NULL, 
	snapshot VARCHAR(64) NOT NULL, 
	channel VARCHAR(16) NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	text TEXT NOT NULL, 
	summary TEXT NOT NULL, 
	differs BOOLEAN NOT NULL, 
	created_at FLOAT NOT NULL, 
	expires_at FLOAT NOT NULL, 
	decided_at FLOAT, 
	reason TEXT, 
	sheet TEXT DEFAULT '' NOT NULL, 
	face VARCHAR(20) DEFAULT '' NOT NULL, 
	host VARCHAR(200) DEFAULT '' NOT NULL, 
	page VARCHAR(300) DEFAULT '' NOT NULL, 
	terms TEXT, 
	covered_by VARCHAR(16), 
	asked_at FLOAT, 
	reported_at FLOAT, 
	PRIMARY KEY (id), 
	UNIQUE (handle)
);
INSERT INTO "approvals" VALUES('3HGPNZZA','b53fd899330c64311cfac0fea375b4c5c7af3fdc8eeb4c178bd54d4c8cc70476','local','sandbox@127.0.0.1:37369','change_state','v2:Srti8hqsXzHOwWqt0uJuEYVOpeV7Yj7ZXdYNZl7cJhU','v2:QtjGzEtwxCKT1D81bJRVO3R2prmJEAhDVuMI7x_N1Vg','terminal','pending','Finalize: Invoice 1/2026 (expected number) · ACME, Lda · tax number 508112230 · €123.00 with VAT
Irreversible: Issues a certified tax document communicated to AT. It can never be edited or deleted afterwards: only cancelled with a reason, or corrected with a credit note.
SANDBOX: no fiscal value. Account: sandbox
Client: ACME, Lda · tax number 508112230 · ACME · Portugal
Address: Avenida da Bigorna, 7, 4000-001 Porto
E-mail: compras@acme.example
Draft: 1002
Date: 20/11/2026
Due date: 20/12/2026
Reference: waiting
Lines (1):
  Revisão: 1 × €100.00 = €100.00 (IVA23 23 %)
VAT per rate:
  IVA23 23 %: net €100.00, VAT €23.00
Total before VAT: €100.00
VAT in total: €23.00
Total: €123.00','Finalize: Invoice 1/2026 (expected number) · ACME, Lda · tax number 508112230 · €123.00 with VAT',0,1.79600671772059345245e+09,1.79600761772059345239e+09,NULL,NULL,'{"action":"finalized","account":"sandbox","sandbox":true,"paper":{"kind":"invoices","id":1002,"draft":true,"status":"draft","number":"draft","expected_number":"1/2026","issued":"2026-11-20","due":"2026-12-20","client":{"name":"ACME, Lda","code":"ACME","nif":"508112230","country":"Portugal","address":["Avenida da Bigorna, 7","4000-001 Porto"],"email":"compras@acme.example"},"reference":"waiting","lines":[{"name":"Revisão","quantity":"1.00","price":"100","net":"100.00","tax":"IVA23","rate":"23"}],"shares":[{"tax":"IVA23","rate":"23","net":"100.00","vat":"23.00"}],"column":[{"word":"net","value":"100","is_sum":true},{"word":"vat_total","value":"23"},{"word":"total","value":"123","is_sum":true}]}}','library','','',NULL,NULL,NULL,NULL);
INSERT INTO "approvals" VALUES('GA7H5Y5R','a74e57293e04e3b15e3ac0b09d0545adea32a1e64ba9c6b1ded7fe4b4e0f3749','local','sandbox@127.0.0.1:37369','change_state','v2:UtaT19judiOixVbxxWZaDzwZxaTT1zJ2FwHMik7ZjSI','v2:HbjCfuigBKU8BPJfzzr7iRjsilRhB2jov276BN0XCMo','terminal','approved','Finalize: Invoice 1/2026 (expected number) · ACME, Lda · tax number 508112230 · €123.00 with VAT
Irreversible: Issues a certified tax document communicated to AT. It can never be edited or deleted afterwards: only cancelled with a reason, or corrected with a credit note.
SANDBOX: no fiscal value. Account: sandbox
Client: ACME, Lda · tax number 508112230 · ACME · Portugal
Address: Avenida da Bigorna, 7, 4000-001 Porto
E-mail: compras@acme.example
Draft: 1003
Date: 20/11/2026
Due date: 20/12/2026
Reference: approved
Lines (1):
  Revisão: 1 × €100.00 = €100.00 (IVA23 23 %)
VAT per rate:
  IVA23 23 %: net €100.00, VAT €23.00
Total before VAT: €100.00
VAT in total: €23.00
Total: €123.00','Finalize: Invoice 1/2026 (expected number) · ACME, Lda · tax number 508112230 · €123.00 with VAT',0,1.79600671776713895796e+09,1.79600761776713895795e+09,1.79600671777929520606e+09,NULL,'{"action":"finalized","account":"sandbox","sandbox":true,"paper":{"kind":"invoices","id":1003,"draft":true,"status":"draft","number":"draft","expected_number":"1/2026","issued":"2026-11-20","due":"2026-12-20","client":{"name":"ACME, Lda","code":"ACME","nif":"508112230","country":"Portugal","address":["Avenida da Bigorna, 7","4000-001 Porto"],"email":"compras@acme.example"},"reference":"approved","lines":[{"name":"Revisão","quantity":"1.00","price":"100","net":"100.00","tax":"IVA23","rate":"23"}],"shares":[{"tax":"IVA23","rate":"23","net":"100.00","vat":"23.00"}],"column":[{"word":"net","value":"100","is_sum":true},{"word":"vat_total","value":"23"},{"word":"total","value":"123","is_sum":true}]}}','library','','',NULL,NULL,NULL,NULL);
INSERT INTO "approvals" VALUES('4BAFNT82','cdb097fec587123f289aa751017de710a74d2721bdeba8c51c057546c91bc0bf','local','sandbox@127.0.0.1:37369','change_state','v2:AlGXEFoLMT7HhOaRkah-Me43jTL2hbsb9QdrSw48e84','v2:vFctP_1FZLG1HfORWBCKDsw4YUWl8CYLEqmMpH76KII','form','used','','Finalize: Invoice 1/2026 (expected number) · ACME, Lda · tax number 508112230 · €123.00 with VAT',0,1.79600671781324338913e+09,1.79600761781324338908e+09,1.79600671783455467225e+09,NULL,'','library','','',NULL,NULL,NULL,NULL);
INSERT INTO "approvals" VALUES('YQJ3W4P5','60450d14e04306a1529c945649205e9764cbd9b5fc428691dc4ce7a2c64b1e4e','local','sandbox@127.0.0.1:37369','change_state','v2:-SImrUD9DpXFbEcDyecczJ2vGfCmDHJdQW7IFQS1CTs','v2:1EkwFPWr-tmNEEtc5PsowYfLz0Jagv4PGzb7p4ucIlM','form','used','','Finalize: Invoice 2/2026 (expected number) · ACME, Lda · tax number 508112230 · €123.00 with VAT',0,1.79600671839322113994e+09,1.79600761839322113988e+09,1.79600671853342652318e+09,NULL,'','library','','',NULL,NULL,NULL,NULL);
CREATE TABLE audit (
	seq BIGINT NOT NULL, 
	at VARCHAR(40) NOT NULL, 
	event VARCHAR(40) NOT NULL, 
	principal VARCHAR(200) NOT NULL, 
	face VARCHAR(20) NOT NULL, 
	account VARCHAR(300) NOT NULL, 
	operation VARCHAR(64) NOT NULL, 
	subject VARCHAR(200) NOT NULL, 
	intent VARCHAR(32) NOT NULL, 
	approval VARCHAR(16) NOT NULL, 
	content VARCHAR(64) NOT NULL, 
	outcome TEXT NOT NULL, 
	previous VARCHAR(64) NOT NULL, 
	hash VARCHAR(64) NOT NULL, 
	PRIMARY KEY (seq)
);
INSERT INTO "audit" VALUES(1,'2026-11-30T02:45:16.564+00:00','intent','local','library','sandbox@127.0.0.1:37369','create_invoice','invoices','49852330e42311d14f44','','v2:3WBi1oRcLx19bWPkuYAqYPyTZd33DyQRGs6YhwXFCTU','about to be sent','0000000000000000000000000000000000000000000000000000000000000000','7167e2022def23c1c056fbd2971c90384e8deae9bc0d056c597f5152d0e748b3');
INSERT INTO "audit" VALUES(2,'2026-11-30T02:45:16.642+00:00','done','local','library','sandbox@127.0.0.1:37369','create_invoice','invoices/1001','49852330e42311d14f44','','v2:3WBi1oRcLx19bWPkuYAqYPyTZd33DyQRGs6YhwXFCTU','done','7167e2022def23c1c056fbd2971c90384e8deae9bc0d056c597f5152d0e748b3','9a5b804f07ea90a2dccbcee716fff549ccecf610197ba678a4aaf1c764f3de34');
INSERT INTO "audit" VALUES(3,'2026-11-30T02:45:16.689+00:00','intent','local','library','sandbox@127.0.0.1:37369','create_invoice','invoices','474248ffec87ea3d61c5','','v2:XAWv5WhucrlB2SsQy0KP1jnM7sZ0Mv7gsOa5B_estKQ','about to be sent','9a5b804f07ea90a2dccbcee716fff549ccecf610197ba678a4aaf1c764f3de34','c67893871bd79b9617b406a121d11784da2a706263b64dda338b53f40ded5b7a');
INSERT INTO "audit" VALUES(4,'2026-11-30T02:45:16.708+00:00','done','local','library','sandbox@127.0.0.1:37369','create_invoice','invoices/1002','474248ffec87ea3d61c5','','v2:XAWv5WhucrlB2SsQy0KP1jnM7sZ0Mv7gsOa5B_estKQ','done','c67893871bd79b9617b406a121d11784da2a706263b64dda338b53f40ded5b7a','72c3bb31ef6f7364186e36efbb9363064217005f7f58fd1c4fc2bc8cb39734a0');
INSERT INTO "audit" VALUES(5,'2026-11-30T02:45:16.755+00:00','intent','local','library','sandbox@127.0.0.1:37369','create_invoice','invoices','495158460612cf27a942','','v2:ledM3_2HfHshjOz4tm34fbTODVAMhqs26Fw5oaOfD8M','about to be sent','72c3bb31ef6f7364186e36efbb9363064217005f7f58fd1c4fc2bc8cb39734a0','4a0638352e7dd69ce7908220f588c388b8775eb18e99169ce11717f31a887ae9');
INSERT INTO "audit" VALUES(6,'2026-11-30T02:45:16.866+00:00','done','local','library','sandbox@127.0.0.1:37369','create_invoice','invoices/1003','495158460612cf27a942','','v2:ledM3_2HfHshjOz4tm34fbTODVAMhqs26Fw5oaOfD8M','done','4a0638352e7dd69ce7908220f588c388b8775eb18e99169ce11717f31a887ae9','26298c2b75b3474b78a5ca31eb5ec625dd9a9a23c4381a7477b8dbc1c15fcba5');
INSERT INTO "audit" VALUES(7,'2026-11-30T02:45:16.997+00:00','intent','local','library','sandbox@127.0.0.1:37369','create_invoice','invoices','1ed24f545e54e3bab636','','v2:ELMJRDgGFO--CQuwHSTvexTvYOx6Zc4jIKThvFYD8EA','about to be sent','26298c2b75b3474b78a5ca31eb5ec625dd9a9a23c4381a7477b8dbc1c15fcba5','e75942b40bfc0e44de8baff708c7f9d54f314f3c61808fdd74fb392304d602f9');
INSERT INTO "audit" VALUES(8,'2026-11-30T02:45:17.073+00:00','done','local','library','sandbox@127.0.0.1:37369','create_invoice','invoices/1004','1ed24f545e54e3bab636','','v2:ELMJRDgGFO--CQuwHSTvexTvYOx6Zc4jIKThvFYD8EA','done','e75942b40bfc0e44de8baff708c7f9d54f314f3c61808fdd74fb392304d602f9','ca863be25ed7f6aa1d4ddc2ac266e871d22e5e9814f195ea30f40358fe1bcc6b');
INSERT INTO "audit" VALUES(9,'2026-11-30T02:45:17.122+00:00','intent','local','library','sandbox@127.0.0.1:37369','create_invoice','invoices','879804c6c00c576acbcf','','v2:R7c47FBJETTsNfostikTvKSM5eBJfZdmeyU8YU61hu4','about to be sent','ca863be25ed7f6aa1d4ddc2ac266e871d22e5e9814f195ea30f40358fe1bcc6b','727d952603554597ab9938f69d49f8c59e35ccc602b5b6e6efb798e41de97de8');
INSERT INTO "audit" VALUES(10,'2026-11-30T02:45:17.249+00:00','done','local','library','sandbox@127.0.0.1:37369','create_invoice','invoices/1005','879804c6c00c576acbcf','','v2:R7c47FBJETTsNfostikTvKSM5eBJfZdmeyU8YU61hu4','done','727d952603554597ab9938f69d49f8c59e35ccc602b5b6e6efb798e41de97de8','f107909b5d67ab1f1b03ad34dda7a0b47a6112955f315c68d1b15fc62cfedb64');
INSERT INTO "audit" VALUES(11,'2026-11-30T02:45:17.313+00:00','intent','local','library','sandbox@127.0.0.1:37369','create_invoice','invoices','9b870093f36139036d5a','','v2:meHVxX8FMz0K1ZNBLIV3K8Z6cd2OhDXaj9S2KCk0kC4','about to be sent','f107909b5d67ab1f1b03ad34dda7a0b47a6112955f315c68d1b15fc62cfedb64','71eeb9c40d2a00acf4e0e5db98c17360d21f4b967a0540ae0dbfaf132891cf92');
INSERT INTO "audit" VALUES(12,'2026-11-30T02:45:17.378+00:00','done','local','library','sandbox@127.0.0.1:37369','create_invoice','invoices/1006','9b870093f36139036d5a','','v2:meHVxX8FMz0K1ZNBLIV3K8Z6cd2OhDXaj9S2KCk0kC4','done','71eeb9c40d2a00acf4e0e5db98c17360d21f4b967a0540ae0dbfaf132891cf92','3859f652d9d2ff523e0281134b5557119f6410652f91531f9c6c75c7bb2934e3');
INSERT INTO "audit" VALUES(13,'2026-11-30T02:45:17.727+00:00','approval asked','local','terminal','sandbox@127.0.0.1:37369','change_state','','','3HGPNZZA','v2:Srti8hqsXzHOwWqt0uJuEYVOpeV7Yj7ZXdYNZl7cJhU','','3859f652d9d2ff523e0281134b5557119f6410652f91531f9c6c75c7bb2934e3','6ddff5354db0719adcd514b1006b0e82132b457457525070ff142582334ab099');
INSERT INTO "audit" VALUES(14,'2026-11-30T02:45:17.767+00:00','approval asked','local','terminal','sandbox@127.0.0.1:37369','change_state','','','GA7H5Y5R','v2:UtaT19judiOixVbxxWZaDzwZxaTT1zJ2FwHMik7ZjSI','','6ddff5354db0719adcd514b1006b0e82132b457457525070ff142582334ab099','769f6203bee7a2640ff8b7ae253d7366605df0aacdf0144cd76202e0cb551292');
INSERT INTO "audit" VALUES(15,'2026-11-30T02:45:17.792+00:00','approval approved','local','terminal','sandbox@127.0.0.1:37369','change_state','','','GA7H5Y5R','v2:UtaT19judiOixVbxxWZaDzwZxaTT1zJ2FwHMik7ZjSI','by terminal:ana','769f6203bee7a2640ff8b7ae253d7366605df0aacdf0144cd76202e0cb551292','dc18f062ee8e36f42c8aef857fc3ce479ba703ba08e27ff1d265d1c1dafb1d8e');
INSERT INTO "audit" VALUES(16,'2026-11-30T02:45:17.813+00:00','approval asked','local','form','sandbox@127.0.0.1:37369','change_state','','','4BAFNT82','v2:AlGXEFoLMT7HhOaRkah-Me43jTL2hbsb9QdrSw48e84','','dc18f062ee8e36f42c8aef857fc3ce479ba703ba08e27ff1d265d1c1dafb1d8e','877ca6172a1d1381360bc6c24bd5bb19ab5c781b2a4c087a161f2794151d8257');
INSERT INTO "audit" VALUES(17,'2026-11-30T02:45:17.835+00:00','approval used','local','form','sandbox@127.0.0.1:37369','change_state','','','4BAFNT82','v2:AlGXEFoLMT7HhOaRkah-Me43jTL2hbsb9QdrSw48e84','','877ca6172a1d1381360bc6c24bd5bb19ab5c781b2a4c087a161f2794151d8257','1c4452c17de973557121e3c476d19dfbd7d93bcc4f056e90707bdc74a5b83bfc');
INSERT INTO "audit" VALUES(18,'2026-11-30T02:45:17.840+00:00','intent','local','library','sandbox@127.0.0.1:37369','change_state','invoices/1004','fd034c4fe73ff8026b60','4BAFNT82','v2:cDyz9sbgV_raxg2TAirfT-xbLIco1IyfBzmnuF87I5c','about to be sent','1c4452c17de973557121e3c476d19dfbd7d93bcc4f056e90707bdc74a5b83bfc','263c0d3705c1aab3dec395e22b51e146481860356e10554b6559ec88379385d8');
INSERT INTO "audit" VALUES(19,'2026-11-30T02:45:17.888+00:00','done','local','library','sandbox@127.0.0.1:37369','change_state','invoices/1004','fd034c4fe73ff8026b60','4BAFNT82','v2:cDyz9sbgV_raxg2TAirfT-xbLIco1IyfBzmnuF87I5c','done','263c0d3705c1aab3dec395e22b51e146481860356e10554b6559ec88379385d8','595ce52c77daf1098cbeeaccc14df71b6118bd67a4d5acfa8a30d9e6c06b9128');
INSERT INTO "audit" VALUES(20,'2026-11-30T02:45:18.393+00:00','approval asked','local','form','sandbox@127.0.0.1:37369','change_state','','','YQJ3W4P5','v2:-SImrUD9DpXFbEcDyecczJ2vGfCmDHJdQW7IFQS1CTs','','595ce52c77daf1098cbeeaccc14df71b6118bd67a4d5acfa8a30d9e6c06b9128','5672e75b3d296cd96a4a115ed051509b3eed863c86a9cd61ff4064c84369c4b9');
INSERT INTO "audit" VALUES(21,'2026-11-30T02:45:18.533+00:00','approval used','local','form','sandbox@127.0.0.1:37369','change_state','','','YQJ3W4P5','v2:-SImrUD9DpXFbEcDyecczJ2vGfCmDHJdQW7IFQS1CTs','','5672e75b3d296cd96a4a115ed051509b3eed863c86a9cd61ff4064c84369c4b9','2d81876013504b5a56fb4fdfe73bc34ee43ed792e14baeed6f769c4dada7fbae');
INSERT INTO "audit" VALUES(22,'2026-11-30T02:45:18.554+00:00','intent','local','library','sandbox@127.0.0.1:37369','change_state','invoices/1005','0022cabcdd72f44e3ff0','YQJ3W4P5','v2:zrUeKpk75j2jSWUSE4HkX_irc8vxor_wHb1_An0jiP0','about to be sent','2d81876013504b5a56fb4fdfe73bc34ee43ed792e14baeed6f769c4dada7fbae','d555097f0811021a4a91f4ef7d0754c61287d8dcd21b53eb95f7072822a96aa0');
INSERT INTO "audit" VALUES(23,'2026-11-30T02:45:18.690+00:00','done','local','library','sandbox@127.0.0.1:37369','change_state','invoices/1005','0022cabcdd72f44e3ff0','YQJ3W4P5','v2:zrUeKpk75j2jSWUSE4HkX_irc8vxor_wHb1_An0jiP0','done','d555097f0811021a4a91f4ef7d0754c61287d8dcd21b53eb95f7072822a96aa0','3375ef5f6baad1a5348ee5cb8ed0254b338cd2589058e6f28b5580d883cf247b');
INSERT INTO "audit" VALUES(24,'2026-11-30T02:45:19.104+00:00','pin set','local','terminal','','','','','','','by terminal:local','3375ef5f6baad1a5348ee5cb8ed0254b338cd2589058e6f28b5580d883cf247b','f46eeb2a2f183fb6007c9c2eba273321734dc5bc0ab871751515f8894c7a9681');
INSERT INTO "audit" VALUES(25,'2026-11-30T02:45:19.116+00:00','token created','n8n','cli','','','','','','','9dda3bd9: read, draft','f46eeb2a2f183fb6007c9c2eba273321734dc5bc0ab871751515f8894c7a9681','e413f1b7b7b335e712e18691af85678cc271cb3494d0d1a9613e32abfe98f074');
CREATE TABLE claims (
	account VARCHAR(300) NOT NULL, 
	resource VARCHAR(200) NOT NULL, 
	holder VARCHAR(32) NOT NULL, 
	"exclusive" BOOLEAN NOT NULL, 
	state VARCHAR(10) NOT NULL, 
	intent VARCHAR(32), 
	operation VARCHAR(64) NOT NULL, 
	principal VARCHAR(200) NOT NULL, 
	owner VARCHAR(200) NOT NULL, 
	since FLOAT NOT NULL, 
	until FLOAT NOT NULL, 
	PRIMARY KEY (account, resource, holder)
);
INSERT INTO "claims" VALUES('sandbox@127.0.0.1:37369','item/Revisão','d8148b0f14ef345fe2ad9b41',1,'written',NULL,'create_invoice','local','vm-42d3a5a5/23903/21d4b921',1796006716.52442,1.79600671665790414806e+09);
INSERT INTO "claims" VALUES('sandbox@127.0.0.1:37369','document/1004','1a0f5e2f5f51c83b3c67f227',1,'written',NULL,'change_state','local','vm-42d3a5a5/23903/21d4b921',1.79600671783221101755e+09,1.79600671789656805995e+09);
INSERT INTO "claims" VALUES('sandbox@127.0.0.1:37369','document/1005','50ebd2b21a581317e2fcd8ab',1,'written',NULL,'change_state','local','vm-42d3a5a5/23903/21d4b921',1.79600671851324200636e+09,1.79600671869367456432e+09);
CREATE TABLE companies (
	account VARCHAR(300) NOT NULL, 
	source VARCHAR(40) NOT NULL, 
	name VARCHAR(300) NOT NULL, 
	nif VARCHAR(40) NOT NULL, 
	seen_at FLOAT NOT NULL, 
	PRIMARY KEY (account, source)
);
CREATE TABLE decisions (
	approval VARCHAR(16) NOT NULL, 
	person VARCHAR(200) NOT NULL, 
	identity VARCHAR(200) NOT NULL, 
	channel VARCHAR(16) NOT NULL, 
	decided_at FLOAT NOT NULL, 
	pin_set_by VARCHAR(200), 
	PRIMARY KEY (approval, person)
);
INSERT INTO "decisions" VALUES('GA7H5Y5R','ana','terminal:ana','terminal',1.79600671777929520606e+09,NULL);
CREATE TABLE differences (
	account VARCHAR(300) NOT NULL, 
	document_type VARCHAR(40) NOT NULL, 
	document_id BIGINT NOT NULL, 
	found JSON NOT NULL, 
	created_at FLOAT NOT NULL, 
	PRIMARY KEY (account, document_type, document_id)
);
CREATE TABLE intents (
	id VARCHAR(32) NOT NULL, 
	account VARCHAR(300) NOT NULL, 
	"key" VARCHAR(200) NOT NULL, 
	content VARCHAR(64) NOT NULL, 
	operation VARCHAR(64) NOT NULL, 
	principal VARCHAR(200) NOT NULL, 
	face VARCHAR(20) NOT NULL, 
	approval VARCHAR(16), 
	state VARCHAR(16) NOT NULL, 
	trace JSON NOT NULL, 
	outcome JSON, 
	owner VARCHAR(200) NOT NULL, 
	attempts INTEGER NOT NULL, 
	created_at FLOAT NOT NULL, 
	lease_until FLOAT NOT NULL, 
	finished_at FLOAT, 
	ended_at FLOAT, 
	made VARCHAR(200) DEFAULT '' NOT NULL, 
	subject VARCHAR(200) DEFAULT '' NOT NULL, 
	PRIMARY KEY (id), 
	CONSTRAINT one_intent_per_key UNIQUE (account, "key")
);
INSERT INTO "intents" VALUES('49852330e42311d14f44','sandbox@127.0.0.1:37369','caller:draft done','v2:3WBi1oRcLx19bWPkuYAqYPyTZd33DyQRGs6YhwXFCTU','create_invoice','local','library','','done','{"subject": "invoices", "document_type": "invoices", "looks": "9ef97e4d54bb17022d564caec0b642c01a56c0a8a8611c8056e05b9d06dda819", "rough": "2026-11-20|123", "date": "2026-11-20", "unreturned": {}, "version": 1}','{"ok": true, "document": {"id": 1001, "document_type": "invoices", "status": "draft", "number": "draft", "sequence_id": 70000, "date": "2026-11-20", "due_date": "2026-12-20", "client": {"id": 501, "name": "ACME, Lda", "code": "ACME", "country": "Portugal", "email": "compras@acme.example"}, "reference": "done", "lines": [{"name": "Revis\u00e3o", "quantity": "1", "unit_price": "100", "discount": "0", "tax": "IVA23", "tax_rate": "23", "net": "100", "vat": "23", "total": "123.00"}], "sum": "100.00", "discount": "0.00", "before_taxes": "100.00", "taxes": "23.00", "total": "123.00", "currency": "Euro", "archived": false, "permalink": "http://127.0.0.1:37369/documents/1001fe675fe7aaee830b6fed09b64e034f84dcbdaeb4"}, "next": [{"tool": "change_state", "arguments": {"document_type": "invoices", "document_id": 1001, "state": "finalized"}, "why": "finalize it: a person sees the totals and approves"}], "sandbox": "Sandbox: no real account, no fiscal value."}','vm-42d3a5a5/23903/21d4b921',1,1.79600671656115198132e+09,0.0,1.79600671663766813281e+09,NULL,'invoices/1001','invoices/1001');
INSERT INTO "intents" VALUES('474248ffec87ea3d61c5','sandbox@127.0.0.1:37369','caller:draft waiting','v2:XAWv5WhucrlB2SsQy0KP1jnM7sZ0Mv7gsOa5B_estKQ','create_invoice','local','library','','done','{"subject": "invoices", "document_type": "invoices", "looks": "5e6639ec38dfb1859b47cb9f0c646b3599e9514358df38eedfe0ff12a66c410a", "rough": "2026-11-20|123", "date": "2026-11-20", "unreturned": {}, "version": 1}','{"ok": true, "document": {"id": 1002, "document_type": "invoices", "status": "draft", "number": "draft", "sequence_id": 70000, "date": "2026-11-20", "due_date": "2026-12-20", "client": {"id": 501, "name": "ACME, Lda", "code": "ACME", "country": "Portugal", "email": "compras@acme.example"}, "reference": "waiting", "lines": [{"name": "Revis\u00e3o", "quantity": "1", "unit_price": "100", "discount": "0", "tax": "IVA23", "tax_rate": "23", "net": "100", "vat": "23", "total": "123.00"}], "sum": "100.00", "discount": "0.00", "before_taxes": "100.00", "taxes": "23.00", "total": "123.00", "currency": "Euro", "archived": false, "permalink": "http://127.0.0.1:37369/documents/1002b281bc2c616cb3c3a097215fdc9397ae87e6e06b"}, "next": [{"tool": "change_state", "arguments": {"document_type": "invoices", "document_id": 1002, "state": "finalized"}, "why": "finalize it: a person sees the totals and approves"}], "sandbox": "Sandbox: no real account, no fiscal value."}','vm-42d3a5a5/23903/21d4b921',1,1.7960067166890451908e+09,0.0,1.79600671670722913746e+09,NULL,'invoices/1002','invoices/1002');
INSERT INTO "intents" VALUES('495158460612cf27a942','sandbox@127.0.0.1:37369','caller:draft approved','v2:ledM3_2HfHshjOz4tm34fbTODVAMhqs26Fw5oaOfD8M','create_invoice','local','library','','done','{"subject": "invoices", "document_type": "invoices", "looks": "7432b49c1d233289ac324bfcbd9758265b4ad1e70375fec1c933d0e3ef73c9a3", "rough": "2026-11-20|123", "date": "2026-11-20", "unreturned": {}, "version": 1}','{"ok": true, "document": {"id": 1003, "document_type": "invoices", "status": "draft", "number": "draft", "sequence_id": 70000, "date": "2026-11-20", "due_date": "2026-12-20", "client": {"id": 501, "name": "ACME, Lda", "code": "ACME", "country": "Portugal", "email": "compras@acme.example"}, "reference": "approved", "lines": [{"name": "Revis\u00e3o", "quantity": "1", "unit_price": "100", "discount": "0", "tax": "IVA23", "tax_rate": "23", "net": "100", "vat": "23", "total": "123.00"}], "sum": "100.00", "discount": "0.00", "before_taxes": "100.00", "taxes": "23.00", "total": "123.00", "currency": "Euro", "archived": false, "permalink": "http://127.0.0.1:37369/documents/10038c9a013ab70c0434313e3e881c310b9ff24aff10"}, "next": [{"tool": "change_state", "arguments": {"document_type": "invoices", "document_id": 1003, "state": "finalized"}, "why": "finalize it: a person sees the totals and approves"}], "sandbox": "Sandbox: no real account, no fiscal value."}','vm-42d3a5a5/23903/21d4b921',1,1.7960067167544145584e+09,0.0,1.79600671686598467829e+09,NULL,'invoices/1003','invoices/1003');
INSERT INTO "intents" VALUES('1ed24f545e54e3bab636','sandbox@127.0.0.1:37369','caller:draft issued','v2:ELMJRDgGFO--CQuwHSTvexTvYOx6Zc4jIKThvFYD8EA','create_invoice','local','library','','done','{"subject": "invoices", "document_type": "invoices", "looks": "eb36d9705b285bf3a0178d08a1d55ddadd51ceb8d0dc99d648b027e798892655", "rough": "2026-11-20|123", "date": "2026-11-20", "unreturned": {}, "version": 1}','{"ok": true, "document": {"id": 1004, "document_type": "invoices", "status": "draft", "number": "draft", "sequence_id": 70000, "date": "2026-11-20", "due_date": "2026-12-20", "client": {"id": 501, "name": "ACME, Lda", "code": "ACME", "country": "Portugal", "email": "compras@acme.example"}, "reference": "issued", "lines": [{"name": "Revis\u00e3o", "quantity": "1", "unit_price": "100", "discount": "0", "tax": "IVA23", "tax_rate": "23", "net": "100", "vat": "23", "total": "123.00"}], "sum": "100.00", "discount": "0.00", "before_taxes": "100.00", "taxes": "23.00", "total": "123.00", "currency": "Euro", "archived": false, "permalink": "http://127.0.0.1:37369/documents/100475992a5ac67ff644d3063976c2effd10bdd93fcc"}, "next": [{"tool": "change_state", "arguments": {"document_type": "invoices", "document_id": 1004, "state": "finalized"}, "why": "finalize it: a person sees the totals and approves"}], "sandbox": "Sandbox: no real account, no fiscal value."}','vm-42d3a5a5/23903/21d4b921',1,1.79600671698413467403e+09,0.0,1.79600671707218194003e+09,NULL,'invoices/1004','invoices/1004');
INSERT INTO "intents" VALUES('879804c6c00c576acbcf','sandbox@127.0.0.1:37369','caller:draft left unknown','v2:R7c47FBJETTsNfostikTvKSM5eBJfZdmeyU8YU61hu4','create_invoice','local','library','','unknown','{"subject": "invoices", "document_type": "invoices", "looks": "8054a7da576cc77e580afbafbfc7fb393346096bbc8171a4e5a6f943172a61a1", "rough": "2026-11-20|123", "date": "2026-11-20", "unreturned": {}, "version": 1}','null','another-host-0000/1/abcd',1,1.7960067171214404106e+09,0.0,NULL,1.79600671870533108711e+09,'','invoices/1005');
INSERT INTO "intents" VALUES('9b870093f36139036d5a','sandbox@127.0.0.1:37369','caller:left open','v2:meHVxX8FMz0K1ZNBLIV3K8Z6cd2OhDXaj9S2KCk0kC4','create_invoice','local','library','','open','{"subject": "invoices", "document_type": "invoices", "looks": "8848dc661100d29d3381d479fe1907a91af0fa7506ab8b0504cbe50b3b0a2083", "rough": "2026-11-20|123", "date": "2026-11-20", "unreturned": {}, "version": 1}','null','another-host-0000/1/abcd',1,1.79600671731306076048e+09,0.0,NULL,NULL,'','');
INSERT INTO "intents" VALUES('fd034c4fe73ff8026b60','sandbox@127.0.0.1:37369','caller:issue it','v2:cDyz9sbgV_raxg2TAirfT-xbLIco1IyfBzmnuF87I5c','change_state','local','library','4BAFNT82','done','{"subject": "invoices/1004", "document_type": "invoices", "document_id": 1004, "before": "draft", "after": "final", "version": 1}','{"ok": true, "document": {"id": 1004, "document_type": "invoices", "status": "final", "number": "1/2026", "atcud": "TQ93Z3GH-1", "sequence_id": 70000, "date": "2026-11-20", "due_date": "2026-12-20", "client": {"id": 501, "name": "ACME, Lda", "code": "ACME", "country": "Portugal", "email": "compras@acme.example"}, "reference": "issued", "lines": [{"name": "Revis\u00e3o", "quantity": "1", "unit_price": "100", "discount": "0", "tax": "IVA23", "tax_rate": "23", "net": "100", "vat": "23", "total": "123.00"}], "sum": "100.00", "discount": "0.00", "before_taxes": "100.00", "taxes": "23.00", "total": "123.00", "currency": "Euro", "saft_hash": "TFFC", "archived": false, "permalink": "http://127.0.0.1:37369/documents/100475992a5ac67ff644d3063976c2effd10bdd93fcc"}, "next": [{"tool": "get_pdf", "arguments": {"document_id": 1004}, "why": "fetch the PDF"}, {"tool": "send_email", "arguments": {"document_type": "invoices", "document_id": 1004}, "why": "send it to the client; a person approves"}, {"tool": "generate_payment", "arguments": {"document_type": "invoices", "document_id": 1004}, "why": "record a payment; a person approves"}], "undo": {"what": "If the client does not have it yet and neither value nor VAT changes: cancel it with a reason (change_state canceled, its receipts first). If value or VAT changes, or the client has it: a credit note that cites it (create_invoice credit_notes). Never both.", "by": "cancelling: before its data reach the tax authority, by 05/12/2026; after that a credit note, as soon as the error is known", "source": "CIVA 29/7 e 36/6; Of.-Circ. 30136/2012, ponto 14; DL 28/2019", "calls": [{"tool": "change_state", "arguments": {"document_type": "invoices", "document_id": 1004, "state": "canceled"}, "why": "cancel it, with the reason"}, {"tool": "create_invoice", "arguments": {"document_type": "credit_notes", "owner_invoice_id": 1004}, "why": "or credit it"}]}, "sandbox": "Sandbox: no real account, no fiscal value."}','vm-42d3a5a5/23903/21d4b921',1,1.79600671783709979053e+09,0.0,1.79600671788696908946e+09,NULL,'','invoices/1004');
INSERT INTO "intents" VALUES('0022cabcdd72f44e3ff0','sandbox@127.0.0.1:37369','caller:left unknown','v2:zrUeKpk75j2jSWUSE4HkX_irc8vxor_wHb1_An0jiP0','change_state','local','library','YQJ3W4P5','unknown','{"subject": "invoices/1005", "document_type": "invoices", "document_id": 1005, "before": "draft", "after": "final", "version": 1}','null','another-host-0000/1/abcd',1,1.79600671855322670941e+09,0.0,NULL,1.79600671870533108711e+09,'','invoices/1005');
CREATE TABLE links (
	hash VARCHAR(64) NOT NULL, 
	approval VARCHAR(16) NOT NULL, 
	way VARCHAR(20) NOT NULL, 
	person VARCHAR(200) NOT NULL, 
	expires_at FLOAT NOT NULL, 
	made_at FLOAT, 
	PRIMARY KEY (hash)
);
CREATE TABLE pin_guesses (
	id VARCHAR(32) NOT NULL, 
	principal VARCHAR(200) NOT NULL, 
	at FLOAT NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE pins (
	principal VARCHAR(200) NOT NULL, 
	salt VARCHAR(64) NOT NULL, 
	hash VARCHAR(64) NOT NULL, 
	failures INTEGER NOT NULL, 
	set_by VARCHAR(200) DEFAULT '' NOT NULL, 
	set_at FLOAT DEFAULT '0' NOT NULL, 
	locked_until FLOAT DEFAULT '0' NOT NULL, 
	PRIMARY KEY (principal)
);
INSERT INTO "pins" VALUES('local','0827bfa780a2c230f5ccf98bdd69f6d1','e850af6c039227eabafe2df17111b2a387abd7a8dd959f19b9bb3f12d90a193b',0,'terminal:local',1.79600671872400212284e+09,0.0);
CREATE TABLE rates (
	account VARCHAR(300) NOT NULL, 
	next_at FLOAT NOT NULL, 
	closed_until FLOAT NOT NULL, 
	failures INTEGER NOT NULL, 
	closed_at FLOAT DEFAULT '0' NOT NULL, 
	PRIMARY KEY (account)
);
CREATE TABLE spent (
	approval VARCHAR(16) NOT NULL, 
	rule VARCHAR(60) NOT NULL, 
	principal VARCHAR(200) NOT NULL, 
	account VARCHAR(300) NOT NULL, 
	day VARCHAR(10) NOT NULL, 
	cents BIGINT NOT NULL, 
	at FLOAT NOT NULL, 
	PRIMARY KEY (approval, rule)
);
CREATE TABLE tokens (
	id VARCHAR(8) NOT NULL, 
	name VARCHAR(100) NOT NULL, 
	digest VARCHAR(64) NOT NULL, 
	scopes JSON NOT NULL, 
	accounts JSON NOT NULL, 
	created_at FLOAT NOT NULL, 
	expires_at FLOAT NOT NULL, 
	used_at FLOAT, 
	revoked_at FLOAT, 
	PRIMARY KEY (id), 
	UNIQUE (digest)
);
INSERT INTO "tokens" VALUES('9dda3bd9','n8n','92fdd681d04d1bda4046e6ec5c5e1bd0e4f531f6f2825c9da2bdf569c1520a3e','["read", "draft"]','[]',1.79600671911531877518e+09,1.79859871911531877522e+09,NULL,NULL);
CREATE INDEX approvals_by_binding ON approvals (principal, account, operation, arguments);
CREATE INDEX approvals_that_wait ON approvals (principal, state, expires_at);
CREATE INDEX approvals_covered ON approvals (covered_by);
CREATE INDEX approvals_to_forget ON approvals (expires_at) WHERE state <> 'used' AND summary <> '';
CREATE INDEX pin_guesses_of_a_year ON pin_guesses (principal, at);
CREATE INDEX spent_of_a_day ON spent (principal, day, rule);
CREATE INDEX intents_by_content ON intents (account, content);
CREATE INDEX intents_by_subject ON intents (account, subject);
CREATE INDEX intents_by_state ON intents (account, state);
CREATE INDEX intents_by_approval ON intents (approval);
CREATE INDEX claims_by_intent ON claims (intent);
CREATE INDEX claims_by_holder ON claims (holder);
COMMIT;
