// What every test has: a page signed in by role, the club, and a guard that fails the test on any
// error in the browser.
import { test as base, expect, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from "@playwright/test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Club, tenant, type Member, type Role } from "./club";

export { expect };

export type Options = {
  /** Who is signed in on `page`; null: nobody. */
  role: Role | null;
};

type Fixtures = Options & {
  guard: Guard;
  /** Another window, signed in as somebody. */
  as: (role: Role | null, options?: BrowserContextOptions) => Promise<Page>;
};

export const test = base.extend<Fixtures, { club: Club }>({
  role: ["operator", { option: true }],

  club: [async ({}, use) => {
    const { name, value } = JSON.parse(readFileSync(stateOf("owner"), "utf8")).cookies[0];
    await use(new Club(origin(), `${name}=${value}`));
  }, { scope: "worker" }],

  baseURL: async ({}, use) => use(origin()),
  storageState: async ({ role }, use) => use(role ? stateOf(role) : undefined),

  guard: [async ({}, use) => {
    const guard = new Guard();
    await use(guard);
    expect(guard.found(), "errors in the browser").toEqual([]);
  }, { auto: true }],

  context: async ({ context, guard }, use) => {
    await guard.watch(context);
    await use(context);
  },

  as: async ({ browser, guard, baseURL }, use) => {
    const opened: BrowserContext[] = [];
    await use(async (role, options = {}) => {
      const context = await newContext(browser, { baseURL, ...options, storageState: role ? stateOf(role) : { cookies: [], origins: [] } });
      opened.push(context);
      await guard.watch(context);
      return context.newPage();
    });
    for (const c of opened) await c.close();
  },
});

const newContext = (browser: Browser, options: BrowserContextOptions) => browser.newContext(options);

function origin(): string {
  const url = process.env.CLUBOS_E2E_URL;
  if (!url) throw new Error("BUG: the server has not been started");
  return url;
}

function stateOf(role: Role): string {
  return join(process.env.CLUBOS_E2E_DIR ?? "", `${role}.json`);
}

/** Collects errors of scripts, of the console and of the content security policy. */
export class Guard {
  private readonly errors: string[] = [];
  private readonly allowed: RegExp[] = [];

  /** Says which message of the console belongs to the test: a refusal that it provokes. */
  allow(message: RegExp): void {
    this.allowed.push(message);
  }

  found(): string[] {
    return this.errors.filter((e) => !this.allowed.some((a) => a.test(e)));
  }

  async watch(context: BrowserContext): Promise<void> {
    context.on("weberror", (e) => this.errors.push(`script: ${e.error().message}`));
    context.on("console", (m) => {
      if (m.type() === "error" || /refused to|content security policy/i.test(m.text())) this.errors.push(`console: ${m.text()} (${m.location().url})`);
    });
    await context.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", (e) => console.error(`policy: ${e.violatedDirective} ${e.blockedURI}`));
    });
  }
}

/** The address of a page of the club. */
export const at = (path: string) => `/c/${tenant}/${path}`;

/** The pages that a person can open from the navigation, by the least role that sees them. */
export const mainPages = ["inbox", "tickets", "bookings", "places", "members", "sops", "oncall", "decisions", "reviews", "results", "memory", "autonomy", "health", "settings", "users", "keys", "audit", "account"];

/** Opens the thread of a member's text. */
export async function openThread(page: Page, club: Club, m: Member): Promise<string> {
  const { id } = await club.thread(m);
  await page.goto(at(`threads/${id}`));
  await expect(page.locator("#thread-title")).toBeVisible();
  return id;
}

/**
 * Lets the machine read a text and opens the thread once there is a proposal; without a text it is one
 * that calls for a procedure of the test's own.
 */
export async function openProposal(page: Page, club: Club, m: Member, text?: string, location?: string): Promise<string> {
  await club.text(m, text ?? await club.procedure(), location);
  const id = await openThread(page, club, m);
  await expect(page.locator('[data-proposal][data-status="open"]')).toBeVisible();
  return id;
}

/** The form in which an operator writes. */
export const composer = (page: Page) => ({
  text: page.locator("#reply"),
  send: page.locator("[data-send-button]"),
});

/** Bubbles with exactly these words. */
export const bubble = (page: Page, text: string | RegExp) => page.locator("[data-message]").filter({ has: page.locator(".bubble", { hasText: text }) });

/** What the page says about the last thing done. */
export const said = (page: Page) => page.locator("[data-toasts] .toast").first();

/** Opens the thread's menu and the form behind one of its entries. */
export async function threadMenu(page: Page, entry: string): Promise<void> {
  await page.getByLabel("More actions").click();
  await page.locator("#thread .menu summary.item", { hasText: entry }).click();
}
