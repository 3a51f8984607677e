-- PostgreSQL database dump
SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE public.approvals (
    id character varying(16) NOT NULL,
    handle character varying(64),
    principal character varying(200) NOT NULL,
    account character varying(300) NOT NULL,
    operation character varying(64) NOT NULL,
    arguments character varying(64) NOT NULL,
    snapshot character varying(64) NOT NULL,
    channel character varying(16) NOT NULL,
    state character varying(16) NOT NULL,
    text text NOT NULL,
    summary text NOT NULL,
    differs boolean NOT NULL,
    created_at double precision NOT NULL,
    expires_at double precision NOT NULL,
    decided_at double precision,
    reason text,
    sheet text DEFAULT ''::text NOT NULL,
    face character varying(20) DEFAULT ''::character varying NOT NULL,
    host character varying(200) DEFAULT ''::character varying NOT NULL,
    page character varying(300) DEFAULT ''::character varying NOT NULL,
    terms text,
    covered_by character varying(16),
    asked_at double precision,
    reported_at double precision
);
CREATE TABLE public.audit (
    seq bigint NOT NULL,
    at character varying(40) NOT NULL,
    event character varying(40) NOT NULL,
    principal character varying(200) NOT NULL,
    face character varying(20) NOT NULL,
    account character varying(300) NOT NULL,
    operation character varying(64) NOT NULL,
    subject character varying(200) NOT NULL,
    intent character varying(32) NOT NULL,
    approval character varying(16) NOT NULL,
    content character varying(64) NOT NULL,
    outcome text NOT NULL,
    previous character varying(64) NOT NULL,
    hash character varying(64) NOT NULL
);
CREATE TABLE public.claims (
    account character varying(300) NOT NULL,
    resource character varying(200) NOT NULL,
    holder character varying(32) NOT NULL,
    exclusive boolean NOT NULL,
    state character varying(10) NOT NULL,
    intent character varying(32),
    operation character varying(64) NOT NULL,
    principal character varying(200) NOT NULL,
    owner character varying(200) NOT NULL,
    since double precision NOT NULL,
    until double precision NOT NULL
);
CREATE TABLE public.companies (
    account character varying(300) NOT NULL,
    source character varying(40) NOT NULL,
    name character varying(300) NOT NULL,
    nif character varying(40) NOT NULL,
    seen_at double precision NOT NULL
);
CREATE TABLE public.decisions (
    approval character varying(16) NOT NULL,
    person character varying(200) NOT NULL,
    identity character varying(200) NOT NULL,
    channel character varying(16) NOT NULL,
    decided_at double precision NOT NULL,
    pin_set_by character varying(200)
);
CREATE TABLE public.differences (
    account character varying(300) NOT NULL,
    document_type character varying(40) NOT NULL,
    document_id bigint NOT NULL,
    found json NOT NULL,
    created_at double precision NOT NULL
);
CREATE TABLE public.intents (
    id character varying(32) NOT NULL,
    account character varying(300) NOT NULL,
    key character varying(200) NOT NULL,
    content character varying(64) NOT NULL,
    operation character varying(64) NOT NULL,
    principal character varying(200) NOT NULL,
    face character varying(20) NOT NULL,
    approval character varying(16),
    state character varying(16) NOT NULL,
    trace json NOT NULL,
    outcome json,
    owner character varying(200) NOT NULL,
    attempts integer NOT NULL,
    created_at double precision NOT NULL,
    lease_until double precision NOT NULL,
    finished_at double precision,
    ended_at double precision,
    made character varying(200) DEFAULT ''::character varying NOT NULL,
    subject character varying(200) DEFAULT ''::character varying NOT NULL
);
CREATE TABLE public.links (
    hash character varying(64) NOT NULL,
    approval character varying(16) NOT NULL,
    way character varying(20) NOT NULL,
    person character varying(200) NOT NULL,
    expires_at double precision NOT NULL,
    made_at double precision
);
CREATE TABLE public.pin_guesses (
    id character varying(32) NOT NULL,
    principal character varying(200) NOT NULL,
    at double precision NOT NULL
);
CREATE TABLE public.pins (
    principal character varying(200) NOT NULL,
    salt character varying(64) NOT NULL,
    hash character varying(64) NOT NULL,
    failures integer NOT NULL,
    set_by character varying(200) DEFAULT ''::character varying NOT NULL,
    set_at double precision DEFAULT '0'::double precision NOT NULL,
    locked_until double precision DEFAULT '0'::double precision NOT NULL
);
CREATE TABLE public.rates (
    account character varying(300) NOT NULL,
    next_at double precision NOT NULL,
    closed_until double precision NOT NULL,
    failures integer NOT NULL,
    closed_at double precision DEFAULT '0'::double precision NOT NULL
);
CREATE TABLE public.spent (
    approval character varying(16) NOT NULL,
    rule character varying(60) NOT NULL,
    principal character varying(200) NOT NULL,
    account character varying(300) NOT NULL,
    day character varying(10) NOT NULL,
    cents bigint NOT NULL,
    at double precision NOT NULL
);
CREATE TABLE public.tokens (
    id character varying(8) NOT NULL,
    name character varying(100) NOT NULL,
    digest character varying(64) NOT NULL,
    scopes json NOT NULL,
    accounts json NOT NULL,
    created_at double precision NOT NULL,
    expires_at double precision NOT NULL,
    used_at double precision,
    revoked_at double precision
);
-- Data for Name: alembic_version; Type: TABLE DATA; Schema: public; Owner: -
INSERT INTO public.alembic_version VALUES ('0011');
-- Data for Name: approvals; Type: TABLE DATA; Schema: public; Owner: -
INSERT INTO public.approvals VALUES ('5M97QEJE', 'a6d4353301c1da3b3b5077f146f0df2e72c390c924322820e30740fd88aff9c2', 'local', 'sandbox@127.0.0.1:37369', 'change_state', 'v2:Srti8hqsXzHOwWqt0uJuEYVOpeV7Yj7ZXdYNZl7cJhU', 'v2:QtjGzEtwxCKT1D81bJRVO3R2prmJEAhDVuMI7x_N1Vg', 'terminal', 'pending', 'Finalize: Invoice 1/2026 (expected number) · ACME, Lda · tax number 508112230 · €123.00 with VAT
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
Total: €123.00', 'Finalize: Invoice 1/2026 (expected number) · ACME, Lda · tax number 508112230 · €123.00 with VAT', false, 1796006723.4970303, 1796007623.4970303, NULL, NULL, '{"action":"finalized","account":"sandbox","sandbox":true,"paper":{"kind":"invoices","id":1002,"draft":true,"status":"draft","number":"draft","expected_number":"1/2026","issued":"2026-11-20","due":"2026-12-20","client":{"name":"ACME, Lda","code":"ACME","nif":"508112230","country":"Portugal","address":["Avenida da Bigorna, 7","4000-001 Porto"],"email":"compras@acme.example"},"reference":"waiting","lines":[{"name":"Revisão","quantity":"1.00","price":"100","net":"100.00","tax":"IVA23","rate":"23"}],"shares":[{"tax":"IVA23","rate":"23","net":"100.00","vat":"23.00"}],"column":[{"word":"net","value":"100","is_sum":true},{"word":"vat_total","value":"23"},{"word":"total","value":"123","is_sum":true}]}}', 'library', '', '', NULL, NULL, NULL, NULL);
INSERT INTO public.approvals VALUES ('GRUUDV47', '85c9735f00f2a45c29060383cd1c01fd0246f0d8c10a99e3eacc3a08e34ea8f5', 'local', 'sandbox@127.0.0.1:37369', 'change_state', 'v2:UtaT19judiOixVbxxWZaDzwZxaTT1zJ2FwHMik7ZjSI', 'v2:HbjCfuigBKU8BPJfzzr7iRjsilRhB2jov276BN0XCMo', 'terminal', 'approved', 'Finalize: Invoice 1/2026 (expected number) · ACME, Lda · tax number 508112230 · €123.00 with VAT
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
Total: €123.00', 'Finalize: Invoice 1/2026 (expected number) · ACME, Lda · tax number 508112230 · €123.00 with VAT', false, 1796006723.8982582, 1796007623.8982582, 1796006723.9490902, NULL, '{"action":"finalized","account":"sandbox","sandbox":true,"paper":{"kind":"invoices","id":1003,"draft":true,"status":"draft","number":"draft","expected_number":"1/2026","issued":"2026-11-20","due":"2026-12-20","client":{"name":"ACME, Lda","code":"ACME","nif":"508112230","country":"Portugal","address":["Avenida da Bigorna, 7","4000-001 Porto"],"email":"compras@acme.example"},"reference":"approved","lines":[{"name":"Revisão","quantity":"1.00","price":"100","net":"100.00","tax":"IVA23","rate":"23"}],"shares":[{"tax":"IVA23","rate":"23","net":"100.00","vat":"23.00"}],"column":[{"word":"net","value":"100","is_sum":true},{"word":"vat_total","value":"23"},{"word":"total","value":"123","is_sum":true}]}}', 'library', '', '', NULL, NULL, NULL, NULL);
INSERT INTO public.approvals VALUES ('HDBMM57W', '93bc758f4bd4ab34c451fbd171ab36c195f31c41440af185e69bf12da4908140', 'local', 'sandbox@127.0.0.1:37369', 'change_state', 'v2:AlGXEFoLMT7HhOaRkah-Me43jTL2hbsb9QdrSw48e84', 'v2:vFctP_1FZLG1HfORWBCKDsw4YUWl8CYLEqmMpH76KII', 'form', 'used', '', 'Finalize: Invoice 1/2026 (expected number) · ACME, Lda · tax number 508112230 · €123.00 with VAT', false, 1796006724.297817, 1796007624.297817, 1796006724.5382261, NULL, '', 'library', '', '', NULL, NULL, NULL, NULL);
INSERT INTO public.approvals VALUES ('EWTXM5JD', 'b3f562ea824b6f39c3e787828f0e6927a4166a7c3a10874b011537f05251672b', 'local', 'sandbox@127.0.0.1:37369', 'change_state', 'v2:-SImrUD9DpXFbEcDyecczJ2vGfCmDHJdQW7IFQS1CTs', 'v2:1EkwFPWr-tmNEEtc5PsowYfLz0Jagv4PGzb7p4ucIlM', 'form', 'used', '', 'Finalize: Invoice 2/2026 (expected number) · ACME, Lda · tax number 508112230 · €123.00 with VAT', false, 1796006724.983083, 1796007624.983083, 1796006725.0211744, NULL, '', 'library', '', '', NULL, NULL, NULL, NULL);
-- Data for Name: audit; Type: TABLE DATA; Schema: public; Owner: -
INSERT INTO public.audit VALUES (1, '2026-11-30T02:45:21.593+00:00', 'intent', 'local', 'library', 'sandbox@127.0.0.1:37369', 'create_invoice', 'invoices', 'ab2a57dbf75867c73ce6', '', 'v2:3WBi1oRcLx19bWPkuYAqYPyTZd33DyQRGs6YhwXFCTU', 'about to be sent', '0000000000000000000000000000000000000000000000000000000000000000', '519a36beb38972b69f242defd1106042c8758609d58ea0de59d88a9beb964979');
INSERT INTO public.audit VALUES (2, '2026-11-30T02:45:21.713+00:00', 'done', 'local', 'library', 'sandbox@127.0.0.1:37369', 'create_invoice', 'invoices/1001', 'ab2a57dbf75867c73ce6', '', 'v2:3WBi1oRcLx19bWPkuYAqYPyTZd33DyQRGs6YhwXFCTU', 'done', '519a36beb38972b69f242defd1106042c8758609d58ea0de59d88a9beb964979', 'fd9865665b1a19735ddece3fecc021be7731da71592677301467004447c56ca4');
INSERT INTO public.audit VALUES (3, '2026-11-30T02:45:21.883+00:00', 'intent', 'local', 'library', 'sandbox@127.0.0.1:37369', 'create_invoice', 'invoices', '3fe3776cb5f5c3e3bbed', '', 'v2:XAWv5WhucrlB2SsQy0KP1jnM7sZ0Mv7gsOa5B_estKQ', 'about to be sent', 'fd9865665b1a19735ddece3fecc021be7731da71592677301467004447c56ca4', '4c6cb92b0352c02838a39c0268e92b89fb555d05ee861e3f25f449c7b5931a39');
INSERT INTO public.audit VALUES (4, '2026-11-30T02:45:21.977+00:00', 'done', 'local', 'library', 'sandbox@127.0.0.1:37369', 'create_invoice', 'invoices/1002', '3fe3776cb5f5c3e3bbed', '', 'v2:XAWv5WhucrlB2SsQy0KP1jnM7sZ0Mv7gsOa5B_estKQ', 'done', '4c6cb92b0352c02838a39c0268e92b89fb555d05ee861e3f25f449c7b5931a39', 'e4330ebeadf1233e5f1fca023edb341d52b0bfd1fc18d08a598d239b0008e74f');
INSERT INTO public.audit VALUES (5, '2026-11-30T02:45:22.164+00:00', 'intent', 'local', 'library', 'sandbox@127.0.0.1:37369', 'create_invoice', 'invoices', 'a3b777d505ed8a8569bb', '', 'v2:ledM3_2HfHshjOz4tm34fbTODVAMhqs26Fw5oaOfD8M', 'about to be sent', 'e4330ebeadf1233e5f1fca023edb341d52b0bfd1fc18d08a598d239b0008e74f', '4c3a702f86d61738dde3b74796af662719dea863bfb6527c3ec8ebf54d309072');
INSERT INTO public.audit VALUES (6, '2026-11-30T02:45:22.185+00:00', 'done', 'local', 'library', 'sandbox@127.0.0.1:37369', 'create_invoice', 'invoices/1003', 'a3b777d505ed8a8569bb', '', 'v2:ledM3_2HfHshjOz4tm34fbTODVAMhqs26Fw5oaOfD8M', 'done', '4c3a702f86d61738dde3b74796af662719dea863bfb6527c3ec8ebf54d309072', 'c3290f0fadd82b5fc7ea9f4f862135b543539c674828119e39661446b5f50256');
INSERT INTO public.audit VALUES (7, '2026-11-30T02:45:22.209+00:00', 'intent', 'local', 'library', 'sandbox@127.0.0.1:37369', 'create_invoice', 'invoices', 'd6a7daefbc8c0de40344', '', 'v2:ELMJRDgGFO--CQuwHSTvexTvYOx6Zc4jIKThvFYD8EA', 'about to be sent', 'c3290f0fadd82b5fc7ea9f4f862135b543539c674828119e39661446b5f50256', '4fdaa5b9339ba71a9e3ae96a580d329d1d54f62471dbdcd2e470ce83ccfbe345');
INSERT INTO public.audit VALUES (8, '2026-11-30T02:45:22.269+00:00', 'done', 'local', 'library', 'sandbox@127.0.0.1:37369', 'create_invoice', 'invoices/1004', 'd6a7daefbc8c0de40344', '', 'v2:ELMJRDgGFO--CQuwHSTvexTvYOx6Zc4jIKThvFYD8EA', 'done', '4fdaa5b9339ba71a9e3ae96a580d329d1d54f62471dbdcd2e470ce83ccfbe345', '3aa05c2604546242b5fe455ba253adc8d9ad7ba7118a98b44164aad9b101726d');
INSERT INTO public.audit VALUES (9, '2026-11-30T02:45:22.429+00:00', 'intent', 'local', 'library', 'sandbox@127.0.0.1:37369', 'create_invoice', 'invoices', '3fe73d241986a009fdb9', '', 'v2:R7c47FBJETTsNfostikTvKSM5eBJfZdmeyU8YU61hu4', 'about to be sent', '3aa05c2604546242b5fe455ba253adc8d9ad7ba7118a98b44164aad9b101726d', '5caa3925abbb021134665dbeaf6ebf52f4c97080395e4c8d9102d9c8aa775d28');
INSERT INTO public.audit VALUES (10, '2026-11-30T02:45:22.613+00:00', 'done', 'local', 'library', 'sandbox@127.0.0.1:37369', 'create_invoice', 'invoices/1005', '3fe73d241986a009fdb9', '', 'v2:R7c47FBJETTsNfostikTvKSM5eBJfZdmeyU8YU61hu4', 'done', '5caa3925abbb021134665dbeaf6ebf52f4c97080395e4c8d9102d9c8aa775d28', 'ac28f84a1ab0bfefb4eb6529f78278ac05acfd7bf1e0f7458958f461a273d9aa');
INSERT INTO public.audit VALUES (11, '2026-11-30T02:45:22.777+00:00', 'intent', 'local', 'library', 'sandbox@127.0.0.1:37369', 'create_invoice', 'invoices', '5eac60d2e4c72d6d308d', '', 'v2:meHVxX8FMz0K1ZNBLIV3K8Z6cd2OhDXaj9S2KCk0kC4', 'about to be sent', 'ac28f84a1ab0bfefb4eb6529f78278ac05acfd7bf1e0f7458958f461a273d9aa', '5a7cb2cf8b82843abcb11ca78a6af8a55e1d54154251bf377b3910edb8801e9a');
INSERT INTO public.audit VALUES (12, '2026-11-30T02:45:22.996+00:00', 'done', 'local', 'library', 'sandbox@127.0.0.1:37369', 'create_invoice', 'invoices/1006', '5eac60d2e4c72d6d308d', '', 'v2:meHVxX8FMz0K1ZNBLIV3K8Z6cd2OhDXaj9S2KCk0kC4', 'done', '5a7cb2cf8b82843abcb11ca78a6af8a55e1d54154251bf377b3910edb8801e9a', 'd0659f4b07226cf74d7aa5af0c0dd42d1fcbc6e998c76e873027643539cab512');
INSERT INTO public.audit VALUES (13, '2026-11-30T02:45:23.519+00:00', 'approval asked', 'local', 'terminal', 'sandbox@127.0.0.1:37369', 'change_state', '', '', '5M97QEJE', 'v2:Srti8hqsXzHOwWqt0uJuEYVOpeV7Yj7ZXdYNZl7cJhU', '', 'd0659f4b07226cf74d7aa5af0c0dd42d1fcbc6e998c76e873027643539cab512', '17f2b56d54f88294a1c0cbf8a85c8fe2a2ddd17d2143b0b6879dea87b0504c41');
INSERT INTO public.audit VALUES (14, '2026-11-30T02:45:23.922+00:00', 'approval asked', 'local', 'terminal', 'sandbox@127.0.0.1:37369', 'change_state', '', '', 'GRUUDV47', 'v2:UtaT19judiOixVbxxWZaDzwZxaTT1zJ2FwHMik7ZjSI', '', '17f2b56d54f88294a1c0cbf8a85c8fe2a2ddd17d2143b0b6879dea87b0504c41', '3331ad8298e06c49c75106a0a6e99f996f804c65c64d831981e532306d8329fb');
INSERT INTO public.audit VALUES (15, '2026-11-30T02:45:24.014+00:00', 'approval approved', 'local', 'terminal', 'sandbox@127.0.0.1:37369', 'change_state', '', '', 'GRUUDV47', 'v2:UtaT19judiOixVbxxWZaDzwZxaTT1zJ2FwHMik7ZjSI', 'by terminal:ana', '3331ad8298e06c49c75106a0a6e99f996f804c65c64d831981e532306d8329fb', '1bb8952812e452ceeb6d4ef44ad38c59f285ef8563736af14742efa285966cf8');
INSERT INTO public.audit VALUES (16, '2026-11-30T02:45:24.317+00:00', 'approval asked', 'local', 'form', 'sandbox@127.0.0.1:37369', 'change_state', '', '', 'HDBMM57W', 'v2:AlGXEFoLMT7HhOaRkah-Me43jTL2hbsb9QdrSw48e84', '', '1bb8952812e452ceeb6d4ef44ad38c59f285ef8563736af14742efa285966cf8', 'b614fa0450abb234030a258e4afc5daa022ceed4852c7315596a99b9ff834aea');
INSERT INTO public.audit VALUES (17, '2026-11-30T02:45:24.554+00:00', 'approval used', 'local', 'form', 'sandbox@127.0.0.1:37369', 'change_state', '', '', 'HDBMM57W', 'v2:AlGXEFoLMT7HhOaRkah-Me43jTL2hbsb9QdrSw48e84', '', 'b614fa0450abb234030a258e4afc5daa022ceed4852c7315596a99b9ff834aea', '400a3db0ae3a1ea95106a719356e91d1307a6509b01d7e6bf5e266fea4fd3405');
INSERT INTO public.audit VALUES (18, '2026-11-30T02:45:24.571+00:00', 'intent', 'local', 'library', 'sandbox@127.0.0.1:37369', 'change_state', 'invoices/1004', 'd7a0fca525cd4970d45f', 'HDBMM57W', 'v2:cDyz9sbgV_raxg2TAirfT-xbLIco1IyfBzmnuF87I5c', 'about to be sent', '400a3db0ae3a1ea95106a719356e91d1307a6509b01d7e6bf5e266fea4fd3405', '597694dad22f3df6a9a92c3e0bfe317bf0f6a962d2d6633d8b580dd19704a897');
INSERT INTO public.audit VALUES (19, '2026-11-30T02:45:24.741+00:00', 'done', 'local', 'library', 'sandbox@127.0.0.1:37369', 'change_state', 'invoices/1004', 'd7a0fca525cd4970d45f', 'HDBMM57W', 'v2:cDyz9sbgV_raxg2TAirfT-xbLIco1IyfBzmnuF87I5c', 'done', '597694dad22f3df6a9a92c3e0bfe317bf0f6a962d2d6633d8b580dd19704a897', '335c6fc7525107605f95830615ce791e57e8f50dd58f37d1f6d100d86610c344');
INSERT INTO public.audit VALUES (20, '2026-11-30T02:45:24.984+00:00', 'approval asked', 'local', 'form', 'sandbox@127.0.0.1:37369', 'change_state', '', '', 'EWTXM5JD', 'v2:-SImrUD9DpXFbEcDyecczJ2vGfCmDHJdQW7IFQS1CTs', '', '335c6fc7525107605f95830615ce791e57e8f50dd58f37d1f6d100d86610c344', 'e32ef7a6936267d46449e2813c93004034b8d2fc9e7571fb95f762c7e1b0c23d');
INSERT INTO public.audit VALUES (21, '2026-11-30T02:45:25.089+00:00', 'approval used', 'local', 'form', 'sandbox@127.0.0.1:37369', 'change_state', '', '', 'EWTXM5JD', 'v2:-SImrUD9DpXFbEcDyecczJ2vGfCmDHJdQW7IFQS1CTs', '', 'e32ef7a6936267d46449e2813c93004034b8d2fc9e7571fb95f762c7e1b0c23d', 'affed477a64aea87ecdbd1d30e530e001ea657cbe3dbaf7825f4978911ad0420');
INSERT INTO public.audit VALUES (22, '2026-11-30T02:45:25.134+00:00', 'intent', 'local', 'library', 'sandbox@127.0.0.1:37369', 'change_state', 'invoices/1005', 'caf990909ab2c284bcfa', 'EWTXM5JD', 'v2:zrUeKpk75j2jSWUSE4HkX_irc8vxor_wHb1_An0jiP0', 'about to be sent', 'affed477a64aea87ecdbd1d30e530e001ea657cbe3dbaf7825f4978911ad0420', 'd43fbfa3a03a3105d152bd1c8ba3c9ec88a33504f64fb50a0529bad40dfe7854');
INSERT INTO public.audit VALUES (23, '2026-11-30T02:45:25.323+00:00', 'done', 'local', 'library', 'sandbox@127.0.0.1:37369', 'change_state', 'invoices/1005', 'caf990909ab2c284bcfa', 'EWTXM5JD', 'v2:zrUeKpk75j2jSWUSE4HkX_irc8vxor_wHb1_An0jiP0', 'done', 'd43fbfa3a03a3105d152bd1c8ba3c9ec88a33504f64fb50a0529bad40dfe7854', 'cd381e838d42afb3d4bbd0a8be45a4be0a53a978f3d83a10745dfbcd456641b8');
INSERT INTO public.audit VALUES (24, '2026-11-30T02:45:25.713+00:00', 'pin set', 'local', 'terminal', '', '', '', '', '', '', 'by terminal:local', 'cd381e838d42afb3d4bbd0a8be45a4be0a53a978f3d83a10745dfbcd456641b8', '271b77334616a0fb56719c5d4134fd86611b7fe572cc7b23a69824ddb552cfba');
INSERT INTO public.audit VALUES (25, '2026-11-30T02:45:25.773+00:00', 'token created', 'n8n', 'cli', '', '', '', '', '', '', '96d07b92: read, draft', '271b77334616a0fb56719c5d4134fd86611b7fe572cc7b23a69824ddb552cfba', 'a54b890ab97aba160a98e7b8af8d1e36e5a1c4c9b0f7421c8504556bd8381585');
-- Data for Name: claims; Type: TABLE DATA; Schema: public; Owner: -
INSERT INTO public.claims VALUES ('sandbox@127.0.0.1:37369', 'item/Revisão', '40de24d57984a8c53d4a81b1', true, 'written', NULL, 'create_invoice', 'local', 'vm-42d3a5a5/23903/21d4b921', 1796006721.526645, 1796006721.726373);
INSERT INTO public.claims VALUES ('sandbox@127.0.0.1:37369', 'document/1005', 'b50a12ad13b1a0a5ed870985', true, 'written', NULL, 'change_state', 'local', 'vm-42d3a5a5/23903/21d4b921', 1796006725.002743, 1796006725.351743);
INSERT INTO public.claims VALUES ('sandbox@127.0.0.1:37369', 'document/1004', '2db062dc1384dc833308b2f6', true, 'written', NULL, 'change_state', 'local', 'vm-42d3a5a5/23903/21d4b921', 1796006724.492187, 1796006724.818476);
-- Data for Name: companies; Type: TABLE DATA; Schema: public; Owner: -
-- Data for Name: decisions; Type: TABLE DATA; Schema: public; Owner: -
INSERT INTO public.decisions VALUES ('GRUUDV47', 'ana', 'terminal:ana', 'terminal', 1796006723.9490902, NULL);
-- Data for Name: differences; Type: TABLE DATA; Schema: public; Owner: -
-- Data for Name: intents; Type: TABLE DATA; Schema: public; Owner: -
INSERT INTO public.intents VALUES ('ab2a57dbf75867c73ce6', 'sandbox@127.0.0.1:37369', 'caller:draft done', 'v2:3WBi1oRcLx19bWPkuYAqYPyTZd33DyQRGs6YhwXFCTU', 'create_invoice', 'local', 'library', '', 'done', '{"subject": "invoices", "document_type": "invoices", "looks": "9ef97e4d54bb17022d564caec0b642c01a56c0a8a8611c8056e05b9d06dda819", "rough": "2026-11-20|123", "date": "2026-11-20", "unreturned": {}, "version": 1}', '{"ok": true, "document": {"id": 1001, "document_type": "invoices", "status": "draft", "number": "draft", "sequence_id": 70000, "date": "2026-11-20", "due_date": "2026-12-20", "client": {"id": 501, "name": "ACME, Lda", "code": "ACME", "country": "Portugal", "email": "compras@acme.example"}, "reference": "done", "lines": [{"name": "Revis\u00e3o", "quantity": "1", "unit_price": "100", "discount": "0", "tax": "IVA23", "tax_rate": "23", "net": "100", "vat": "23", "total": "123.00"}], "sum": "100.00", "discount": "0.00", "before_taxes": "100.00", "taxes": "23.00", "total": "123.00", "currency": "Euro", "archived": false, "permalink": "http://127.0.0.1:37369/documents/1001fe675fe7aaee830b6fed09b64e034f84dcbdaeb4"}, "next": [{"tool": "change_state", "arguments": {"document_type": "invoices", "document_id": 1001, "state": "finalized"}, "why": "finalize it: a person sees the totals and approves"}], "sandbox": "Sandbox: no real account, no fiscal value."}', 'vm-42d3a5a5/23903/21d4b921', 1, 1796006721.568246, 0, 1796006721.678493, NULL, 'invoices/1001', 'invoices/1001');
INSERT INTO public.intents VALUES ('3fe3776cb5f5c3e3bbed', 'sandbox@127.0.0.1:37369', 'caller:draft waiting', 'v2:XAWv5WhucrlB2SsQy0KP1jnM7sZ0Mv7gsOa5B_estKQ', 'create_invoice', 'local', 'library', '', 'done', '{"subject": "invoices", "document_type": "invoices", "looks": "5e6639ec38dfb1859b47cb9f0c646b3599e9514358df38eedfe0ff12a66c410a", "rough": "2026-11-20|123", "date": "2026-11-20", "unreturned": {}, "version": 1}', '{"ok": true, "document": {"id": 1002, "document_type": "invoices", "status": "draft", "number": "draft", "sequence_id": 70000, "date": "2026-11-20", "due_date": "2026-12-20", "client": {"id": 501, "name": "ACME, Lda", "code": "ACME", "country": "Portugal", "email": "compras@acme.example"}, "reference": "waiting", "lines": [{"name": "Revis\u00e3o", "quantity": "1", "unit_price": "100", "discount": "0", "tax": "IVA23", "tax_rate": "23", "net": "100", "vat": "23", "total": "123.00"}], "sum": "100.00", "discount": "0.00", "before_taxes": "100.00", "taxes": "23.00", "total": "123.00", "currency": "Euro", "archived": false, "permalink": "http://127.0.0.1:37369/documents/1002b281bc2c616cb3c3a097215fdc9397ae87e6e06b"}, "next": [{"tool": "change_state", "arguments": {"document_type": "invoices", "document_id": 1002, "state": "finalized"}, "why": "finalize it: a person sees the totals and approves"}], "sandbox": "Sandbox: no real account, no fiscal value."}', 'vm-42d3a5a5/23903/21d4b921', 1, 1796006721.870659, 0, 1796006721.955811, NULL, 'invoices/1002', 'invoices/1002');
INSERT INTO public.intents VALUES ('a3b777d505ed8a8569bb', 'sandbox@127.0.0.1:37369', 'caller:draft approved', 'v2:ledM3_2HfHshjOz4tm34fbTODVAMhqs26Fw5oaOfD8M', 'create_invoice', 'local', 'library', '', 'done', '{"subject": "invoices", "document_type": "invoices", "looks": "7432b49c1d233289ac324bfcbd9758265b4ad1e70375fec1c933d0e3ef73c9a3", "rough": "2026-11-20|123", "date": "2026-11-20", "unreturned": {}, "version": 1}', '{"ok": true, "document": {"id": 1003, "document_type": "invoices", "status": "draft", "number": "draft", "sequence_id": 70000, "date": "2026-11-20", "due_date": "2026-12-20", "client": {"id": 501, "name": "ACME, Lda", "code": "ACME", "country": "Portugal", "email": "compras@acme.example"}, "reference": "approved", "lines": [{"name": "Revis\u00e3o", "quantity": "1", "unit_price": "100", "discount": "0", "tax": "IVA23", "tax_rate": "23", "net": "100", "vat": "23", "total": "123.00"}], "sum": "100.00", "discount": "0.00", "before_taxes": "100.00", "taxes": "23.00", "total": "123.00", "currency": "Euro", "archived": false, "permalink": "http://127.0.0.1:37369/documents/10038c9a013ab70c0434313e3e881c310b9ff24aff10"}, "next": [{"tool": "change_state", "arguments": {"document_type": "invoices", "document_id": 1003, "state": "finalized"}, "why": "finalize it: a person sees the totals and approves"}], "sandbox": "Sandbox: no real account, no fiscal value."}', 'vm-42d3a5a5/23903/21d4b921', 1, 1796006722.16194, 0, 1796006722.183043, NULL, 'invoices/1003', 'invoices/1003');
INSERT INTO public.intents VALUES ('d6a7daefbc8c0de40344', 'sandbox@127.0.0.1:37369', 'caller:draft issued', 'v2:ELMJRDgGFO--CQuwHSTvexTvYOx6Zc4jIKThvFYD8EA', 'create_invoice', 'local', 'library', '', 'done', '{"subject": "invoices", "document_type": "invoices", "looks": "eb36d9705b285bf3a0178d08a1d55ddadd51ceb8d0dc99d648b027e798892655", "rough": "2026-11-20|123", "date": "2026-11-20", "unreturned": {}, "version": 1}', '{"ok": true, "document": {"id": 1004, "document_type": "invoices", "status": "draft", "number": "draft", "sequence_id": 70000, "date": "2026-11-20", "due_date": "2026-12-20", "client": {"id": 501, "name": "ACME, Lda", "code": "ACME", "country": "Portugal", "email": "compras@acme.example"}, "reference": "issued", "lines": [{"name": "Revis\u00e3o", "quantity": "1", "unit_price": "100", "discount": "0", "tax": "IVA23", "tax_rate": "23", "net": "100", "vat": "23", "total": "123.00"}], "sum": "100.00", "discount": "0.00", "before_taxes": "100.00", "taxes": "23.00", "total": "123.00", "currency": "Euro", "archived": false, "permalink": "http://127.0.0.1:37369/documents/100475992a5ac67ff644d3063976c2effd10bdd93fcc"}, "next": [{"tool": "change_state", "arguments": {"document_type": "invoices", "document_id": 1004, "state": "finalized"}, "why": "finalize it: a person sees the totals and approves"}], "sandbox": "Sandbox: no real account, no fiscal value."}', 'vm-42d3a5a5/23903/21d4b921', 1, 1796006722.20723, 0, 1796006722.253115, NULL, 'invoices/1004', 'invoices/1004');
INSERT INTO public.intents VALUES ('3fe73d241986a009fdb9', 'sandbox@127.0.0.1:37369', 'caller:draft left unknown', 'v2:R7c47FBJETTsNfostikTvKSM5eBJfZdmeyU8YU61hu4', 'create_invoice', 'local', 'library', '', 'unknown', '{"subject": "invoices", "document_type": "invoices", "looks": "8054a7da576cc77e580afbafbfc7fb393346096bbc8171a4e5a6f943172a61a1", "rough": "2026-11-20|123", "date": "2026-11-20", "unreturned": {}, "version": 1}', 'null', 'another-host-0000/1/abcd', 1, 1796006722.370781, 0, NULL, 1796006725.382143, '', 'invoices/1005');
INSERT INTO public.intents VALUES ('d7a0fca525cd4970d45f', 'sandbox@127.0.0.1:37369', 'caller:issue it', 'v2:cDyz9sbgV_raxg2TAirfT-xbLIco1IyfBzmnuF87I5c', 'change_state', 'local', 'library', 'HDBMM57W', 'done', '{"subject": "invoices/1004", "document_type": "invoices", "document_id": 1004, "before": "draft", "after": "final", "version": 1}', '{"ok": true, "document": {"id": 1004, "document_type": "invoices", "status": "final", "number": "1/2026", "atcud": "TQ93Z3GH-1", "sequence_id": 70000, "date": "2026-11-20", "due_date": "2026-12-20", "client": {"id": 501, "name": "ACME, Lda", "code": "ACME", "country": "Portugal", "email": "compras@acme.example"}, "reference": "issued", "lines": [{"name": "Revis\u00e3o", "quantity": "1", "unit_price": "100", "discount": "0", "tax": "IVA23", "tax_rate": "23", "net": "100", "vat": "23", "total": "123.00"}], "sum": "100.00", "discount": "0.00", "before_taxes": "100.00", "taxes": "23.00", "total": "123.00", "currency": "Euro", "saft_hash": "TFFC", "archived": false, "permalink": "http://127.0.0.1:37369/documents/100475992a5ac67ff644d3063976c2effd10bdd93fcc"}, "next": [{"tool": "get_pdf", "arguments": {"document_id": 1004}, "why": "fetch the PDF"}, {"tool": "send_email", "arguments": {"document_type": "invoices", "document_id": 1004}, "why": "send it to the client; a person approves"}, {"tool": "generate_payment", "arguments": {"document_type": "invoices", "document_id": 1004}, "why": "record a payment; a person approves"}], "undo": {"what": "If the client does not have it yet and neither value nor VAT changes: cancel it with a reason (change_state canceled, its receipts first). If value or VAT changes, or the client has it: a credit note that cites it (create_invoice credit_notes). Never both.", "by": "cancelling: before its data reach the tax authority, by 05/12/2026; after that a credit note, as soon as the error is known", "source": "CIVA 29/7 e 36/6; Of.-Circ. 30136/2012, ponto 14; DL 28/2019", "calls": [{"tool": "change_state", "arguments": {"document_type": "invoices", "document_id": 1004, "state": "canceled"}, "why": "cancel it, with the reason"}, {"tool": "create_invoice", "arguments": {"document_type": "credit_notes", "owner_invoice_id": 1004}, "why": "or credit it"}]}, "sandbox": "Sandbox: no real account, no fiscal value."}', 'vm-42d3a5a5/23903/21d4b921', 1, 1796006724.566727, 0, 1796006724.675538, NULL, '', 'invoices/1004');
INSERT INTO public.intents VALUES ('5eac60d2e4c72d6d308d', 'sandbox@127.0.0.1:37369', 'caller:left open', 'v2:meHVxX8FMz0K1ZNBLIV3K8Z6cd2OhDXaj9S2KCk0kC4', 'create_invoice', 'local', 'library', '', 'open', '{"subject": "invoices", "document_type": "invoices", "looks": "8848dc661100d29d3381d479fe1907a91af0fa7506ab8b0504cbe50b3b0a2083", "rough": "2026-11-20|123", "date": "2026-11-20", "unreturned": {}, "version": 1}', 'null', 'another-host-0000/1/abcd', 1, 1796006722.750947, 0, NULL, NULL, '', '');
INSERT INTO public.intents VALUES ('caf990909ab2c284bcfa', 'sandbox@127.0.0.1:37369', 'caller:left unknown', 'v2:zrUeKpk75j2jSWUSE4HkX_irc8vxor_wHb1_An0jiP0', 'change_state', 'local', 'library', 'EWTXM5JD', 'unknown', '{"subject": "invoices/1005", "document_type": "invoices", "document_id": 1005, "before": "draft", "after": "final", "version": 1}', 'null', 'another-host-0000/1/abcd', 1, 1796006725.122185, 0, NULL, 1796006725.382143, '', 'invoices/1005');
-- Data for Name: links; Type: TABLE DATA; Schema: public; Owner: -
-- Data for Name: pin_guesses; Type: TABLE DATA; Schema: public; Owner: -
-- Data for Name: pins; Type: TABLE DATA; Schema: public; Owner: -
INSERT INTO public.pins VALUES ('local', 'be4960eb3b43cd061b27e10f2f15c0a0', 'd9f09e2c08c1561faf63826039a82431155d8d5ae362722d16b236673d2cc730', 0, 'terminal:local', 1796006725.405861, 0);
-- Data for Name: rates; Type: TABLE DATA; Schema: public; Owner: -
-- Data for Name: spent; Type: TABLE DATA; Schema: public; Owner: -
-- Data for Name: tokens; Type: TABLE DATA; Schema: public; Owner: -
INSERT INTO public.tokens VALUES ('96d07b92', 'n8n', '38c7e40ebf1bbd2bc8fdbdda63b3058d4b5b30d57f3aa96d54aa88220a6a4d2f', '["read", "draft"]', '[]', 1796006725.7572107, 1798598725.7572107, NULL, NULL);
ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.approvals
    ADD CONSTRAINT approvals_handle_key UNIQUE (handle);
ALTER TABLE ONLY public.approvals
    ADD CONSTRAINT approvals_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.audit
    ADD CONSTRAINT audit_pkey PRIMARY KEY (seq);
ALTER TABLE ONLY public.claims
    ADD CONSTRAINT claims_pkey PRIMARY KEY (account, resource, holder);
ALTER TABLE ONLY public.companies
    ADD CONSTRAINT companies_pkey PRIMARY KEY (account, source);
ALTER TABLE ONLY public.decisions
    ADD CONSTRAINT decisions_pkey PRIMARY KEY (approval, person);
ALTER TABLE ONLY public.differences
    ADD CONSTRAINT differences_pkey PRIMARY KEY (account, document_type, document_id);
ALTER TABLE ONLY public.intents
    ADD CONSTRAINT intents_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.links
    ADD CONSTRAINT links_pkey PRIMARY KEY (hash);
ALTER TABLE ONLY public.intents
    ADD CONSTRAINT one_intent_per_key UNIQUE (account, key);
ALTER TABLE ONLY public.pin_guesses
    ADD CONSTRAINT pin_guesses_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.pins
    ADD CONSTRAINT pins_pkey PRIMARY KEY (principal);
ALTER TABLE ONLY public.rates
    ADD CONSTRAINT rates_pkey PRIMARY KEY (account);
ALTER TABLE ONLY public.spent
    ADD CONSTRAINT spent_pkey PRIMARY KEY (approval, rule);
ALTER TABLE ONLY public.tokens
    ADD CONSTRAINT tokens_digest_key UNIQUE (digest);
ALTER TABLE ONLY public.tokens
    ADD CONSTRAINT tokens_pkey PRIMARY KEY (id);
CREATE INDEX approvals_by_binding ON public.approvals USING btree (principal, account, operation, arguments);
CREATE INDEX approvals_covered ON public.approvals USING btree (covered_by);
CREATE INDEX approvals_that_wait ON public.approvals USING btree (principal, state, expires_at);
CREATE INDEX approvals_to_forget ON public.approvals USING btree (expires_at) WHERE (((state)::text <> 'used'::text) AND (summary <> ''::text));
CREATE INDEX claims_by_holder ON public.claims USING btree (holder);
CREATE INDEX claims_by_intent ON public.claims USING btree (intent);
CREATE INDEX intents_by_approval ON public.intents USING btree (approval);
CREATE INDEX intents_by_content ON public.intents USING btree (account, content);
CREATE INDEX intents_by_state ON public.intents USING btree (account, state);
CREATE INDEX intents_by_subject ON public.intents USING btree (account, subject);
CREATE INDEX pin_guesses_of_a_year ON public.pin_guesses USING btree (principal, at);
CREATE INDEX spent_of_a_day ON public.spent USING btree (principal, day, rule);
-- PostgreSQL database dump complete
