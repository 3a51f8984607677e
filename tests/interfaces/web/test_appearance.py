"""Every page fits a phone and a desktop in both languages.

IX_TOOLS_TEST_LOOKS=all shows each page in each language on each screen, and leaves screenshots in out/pages.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from ix_tools.approvals.pins import WRONG_GUESSES_WITHOUT_WAIT
from ix_tools.approvals.repository import ApprovalRepository
from ix_tools.interfaces.web.local_server import LocalPageServer
from tests.clock import Clock
from tests.harness import Harness, Json, document_arguments, execute, invoice, line
from tests.interfaces.web.conftest import LOOKS_AT_ALL, find_violations, follow, take_picture
from tests.interfaces.web.test_in_a_browser import CONTRAST
from tests.interfaces.web.test_outcomes import NUMBERED, carried_out
from tests.interfaces.web.visitor import FULL, request_with_link, with_pages
from tests.pipeline.test_company_repository import TWO
from tests.pipeline.test_policy_check import under

SIZES = {"phone": {"width": 390, "height": 844}, "desktop": {"width": 1280, "height": 800}}
VIEWS = [("pt", "phone"), ("en", "desktop")]
if LOOKS_AT_ALL:
    VIEWS += [("en", "phone"), ("pt", "desktop")]
WORDS = {"pt": ("Aprovar", "Rejeitar"), "en": ("Approve", "Reject")}
PIN = "bacalhau"


class Stage:
    """A page in a browser, and the harness behind it."""

    def __init__(self, harness: Harness, page: Page, clock: Clock, language: str, folder: Path) -> None:
        self.harness, self.page, self.clock, self.folder = harness, page, clock, folder
        self.approve, self.reject = WORDS[language]
        self.language = language
        self.call: Json = {}

    async def asked(self, call: Json | None = None) -> str:
        """Go to the page of a new approval; its id."""
        made = (await self.harness.call("create_invoice", call or FULL))["document"]
        self.call, found, link = await request_with_link(
            self.harness, document_arguments(made, state="finalized")
        )
        await self.page.goto(f"{link}?lang={self.language}")
        return found.id

    async def press(self, name: str, pin: str = "") -> None:
        """Press a button, with a PIN if one is wanted."""
        if pin:
            await self.page.get_by_label("PIN").fill(pin)
        await follow(self.page.get_by_role("button", name=name))

    async def look_again(self) -> None:
        """The page once more, when it has settled: a reload of one that is still on its way is refused by the browser."""
        await self.page.wait_for_load_state("networkidle")
        await self.page.goto(self.page.url)

    async def approved_under(self, state: str, outcome: Json | None) -> None:
        """Approved, used, and with such an entry in the journal."""
        identifier = await self.asked()
        await self.press(self.approve)
        approvals = self.harness.context.approvals
        with self.harness.context.store.writing() as connection:
            approvals._change_state(connection, identifier, "approved", "used")
        carried_out(self.harness, identifier, state, outcome)  # type: ignore[arg-type]
        await self.look_again()


async def pending(stage: Stage) -> None:
    await stage.asked()


async def two_hundred_lines(stage: Stage) -> None:
    items = [line(name=f"Artigo de catálogo n.º {number}", unit_price=number + 1) for number in range(200)]
    await stage.asked(invoice(items=items, observations="Obrigado pela preferência."))


async def several_accounts(stage: Stage) -> None:
    desk = stage.harness.context
    desk.settings = desk.settings.model_copy(
        update={"accounts": TWO, "sandbox": False, "company": "Oficina das Faturas, Lda", "nif": "508025338"}
    )
    await stage.asked()


async def pin_wanted(stage: Stage) -> None:
    stage.harness.context.links.pins.set("local", PIN, by="terminal:local")
    await stage.asked()


async def pin_wrong(stage: Stage) -> None:
    await pin_wanted(stage)
    await stage.press(stage.approve, "errado")


async def pin_locked(stage: Stage) -> None:
    await pin_wanted(stage)
    for _ in range(WRONG_GUESSES_WITHOUT_WAIT + 1):
        await stage.press(stage.approve, "errado")


async def approved(stage: Stage) -> None:
    await stage.asked()
    await stage.press(stage.approve)


async def finish_call(stage: Stage) -> None:
    await approved(stage)
    assert (await execute(stage.harness.context, "change_state", stage.call))["ok"]
    await stage.look_again()


async def carrying_out(stage: Stage) -> None:
    await stage.approved_under("open", None)


async def not_done(stage: Stage) -> None:
    await stage.approved_under("refused", None)


async def unclear(stage: Stage) -> None:
    await stage.approved_under("unknown", None)


async def stored_differently(stage: Stage) -> None:
    await stage.approved_under("done", {"ok": False, "code": "stored_differently", **NUMBERED})


async def lapsed(stage: Stage) -> None:
    await approved(stage)
    stage.clock.now += 15 * 60
    await stage.look_again()


async def rejected(stage: Stage) -> None:
    await stage.asked()
    await stage.page.locator("textarea").fill("O cliente mudou de morada; corrigir primeiro.")
    await stage.press(stage.reject)


async def expired(stage: Stage) -> None:
    await stage.asked()
    stage.clock.now += 15 * 60
    await stage.look_again()


async def decided_again(stage: Stage) -> None:
    await approved(stage)
    await stage.page.wait_for_load_state("networkidle")  # a page that is not attached yet cannot go back
    await stage.page.go_back()
    if await stage.page.get_by_role("button", name=stage.reject).count():
        await stage.press(stage.reject)


async def one_of_two(stage: Stage) -> None:
    under(stage.harness, stage.folder, 'otherwise = "four-eyes"', "n8n")
    pins = stage.harness.context.links.pins
    pins.set("bruno", PIN, by="terminal:bruno")
    identifier = await stage.asked()
    found = stage.harness.context.approvals.find(identifier)
    link = stage.harness.context.links.create(found, "message", "bruno")
    await stage.page.goto(f"{link}?lang={stage.language}")
    await stage.press(stage.approve, PIN)


async def one_of_two_looks_again(stage: Stage) -> None:
    await one_of_two(stage)
    await stage.look_again()


SCENES: list[Callable[[Stage], Awaitable[None]]] = [
    pending, two_hundred_lines, several_accounts, pin_wanted, pin_wrong, pin_locked, approved, finish_call, carrying_out, not_done,
    unclear, stored_differently, lapsed, rejected, expired, decided_again, one_of_two, one_of_two_looks_again,
]  # fmt: skip


@pytest.fixture
def stand(harness: Harness) -> Iterator[tuple[Harness, Clock]]:
    """A harness with pages on this machine's loopback, and its clock."""
    clock = Clock()
    harness.context.store.clock = clock
    paper = with_pages(harness, approval_link="terminal")
    paper.context.approvals = ApprovalRepository(paper.context.store, 15, clock)
    pages = LocalPageServer(paper.context)
    paper.context.page_host = pages
    yield paper, clock
    pages.close()


@pytest.fixture(scope="module")
async def tab(chromium: Browser) -> AsyncIterator[Page]:
    """One tab for all pages: another one would be another process."""
    context = await chromium.new_context()
    yield await context.new_page()
    await context.close()


@pytest.fixture
async def page(tab: Page, page_that_stays: None) -> Page:
    """The tab, as if nobody had used it."""
    await tab.context.clear_cookies()
    return tab


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
@pytest.mark.parametrize(("language", "size"), VIEWS)
async def test_a_page_fits_and_can_be_read(
    stand: tuple[Harness, Clock],
    page: Page,
    tmp_path: Path,
    size: str,
    language: str,
    scene: Callable[[Stage], Awaitable[None]],
) -> None:
    harness, clock = stand
    # As a person who reads that language has it set.
    harness.context.settings = harness.context.settings.model_copy(update={"language": language})
    await page.set_viewport_size(SIZES[size])  # type: ignore[arg-type]
    await scene(Stage(harness, page, clock, language, tmp_path))
    name = f"{scene.__name__}-{language}-{size}"
    await take_picture(page, name)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    assert await page.evaluate(CONTRAST) == [], name
    assert await find_violations(page) == [], name
