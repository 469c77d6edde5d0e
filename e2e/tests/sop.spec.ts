import { randomBytes } from "node:crypto";
import { at, expect, said, test } from "../fixtures";

test.use({ role: "admin" });

const source = (slug: string, reply: string, triggers = "      - do you rent out left handed clubs\n      - can a lefty borrow clubs\n") => `sops:
  - slug: ${slug}
    title: Left-handed clubs ${slug}
    category: information
    scope: global
    triggers:
${triggers}    steps:
      - reply: ${reply}
    tests:
      - text: do you have clubs for left handers
      - text: any lefty clubs to borrow
      - text: my screen is black
        expect: none
`;

test("a SOP with a problem is not published, and the problem leads to its line", async ({ page, guard }) => {
  guard.allow(/status of 422/);
  await page.goto(at("sops/new"));
  const text = source("lefty-bad", "They hang by the door.").replace("- reply: They hang by the door.", "- action: make_coffee");
  const line = text.split("\n").findIndex((l) => l.includes("make_coffee")) + 1;
  await page.getByLabel("Source").fill(text);
  await page.getByLabel("What changed, and why?").fill("members ask");
  await page.getByRole("button", { name: "Publish" }).click();
  const problems = page.getByRole("alert");
  await expect(problems).toContainText("make_coffee");
  await problems.getByRole("button", { name: `Go to line ${line}` }).first().click();
  const area = page.getByLabel("Source");
  await expect(area).toBeFocused();
  expect(await area.evaluate((el: HTMLTextAreaElement) => el.value.slice(el.selectionStart, el.selectionEnd))).toContain("make_coffee");
  await expect(area).toHaveValue(text);
});

test("a SOP is written, published, changed, compared and rolled back", async ({ page, club }) => {
  const slug = `lefty-${randomBytes(3).toString("hex")}`;
  await page.goto(at("sops"));
  await page.getByRole("link", { name: "New SOP" }).click();
  await page.getByLabel("Source").fill(source(slug, "They hang by the door."));
  await page.getByRole("button", { name: "Check only" }).click();
  await expect(page.getByText("Sound: it can be published.")).toBeVisible();
  await page.getByLabel("What changed, and why?").fill("members ask");
  await page.getByRole("button", { name: "Publish" }).click();
  await expect(said(page)).toContainText("Published");
  await expect(page.locator(".pagehead")).toContainText("Live");
  const url = page.url();

  await page.getByRole("link", { name: "Edit" }).click();
  const area = page.getByLabel("Source");
  await area.fill((await area.inputValue()).replace("by the door", "in the locker"));
  await page.getByLabel("What changed, and why?").fill("they were moved");
  await page.getByRole("button", { name: "Publish" }).click();
  await expect(said(page)).toContainText("Published");

  const versions = page.locator(".versions");
  await versions.getByRole("link", { name: "Changes" }).first().click();
  const diff = page.getByRole("region", { name: "Difference" });
  await expect(diff.locator("[data-op='-']")).toContainText("by the door");
  await expect(diff.locator("[data-op='+']")).toContainText("in the locker");

  await page.goto(url);
  const first = versions.locator("li").filter({ hasText: "members ask" });
  await first.locator("summary").click();
  await first.getByLabel("Reason").fill("the locker is broken");
  await first.getByRole("button", { name: "Make version 1 live" }).click();
  await expect(said(page)).not.toHaveAttribute("data-tone", "warn");
  await expect(page.locator(".steps")).toContainText("by the door");
  await page.goto(at("audit"));
  await expect(page.locator("tbody tr").filter({ hasText: "the locker is broken" })).toContainText("Adam Admin");
});

test("procedures for the same situations name each other until one of them is archived", async ({ page, club }) => {
  const word = club.word();
  const sops = ["left", "right"].map((side) => ({
    slug: `${side}-${word}`, title: `The ${side} ${word} rule`, category: "information", scope: "global", status: "live",
    triggers: [`may I bring my ${word}`, `is my ${word} allowed`], steps: [{ reply: `A ${word} goes to the ${side}.` }],
  }));
  await club.api("POST", "/sop-file", { sops });
  const [left, right] = sops.map((s) => s.title);
  const fares = page.locator("section").filter({ has: page.getByRole("heading", { name: "How it fares" }) });
  await page.goto(at(`sops?q=${word}`));
  await page.getByRole("link", { name: left }).click();
  await expect(fares).toContainText("Overlapping");
  await expect(fares.getByRole("link")).toHaveText([right]);
  const url = page.url();
  await fares.getByRole("link", { name: right }).click();
  await expect(page.getByRole("heading", { name: right, level: 1 })).toBeVisible();
  await expect(fares.getByRole("link")).toHaveText([left]);

  await page.getByLabel("More actions").click();
  await page.getByRole("button", { name: "Archive" }).click();
  await expect(said(page)).toContainText("Archived");
  await expect(fares.getByRole("link")).toHaveCount(0);
  await page.goto(url);
  await expect(page.getByRole("heading", { name: left, level: 1 })).toBeVisible();
  await expect(fares).not.toContainText("Overlapping");
  await expect(fares.getByRole("link")).toHaveCount(0);
});

test("leaving the editor with changes asks first", async ({ page }) => {
  await page.goto(at("sops/new"));
  await page.getByLabel("Source").click();
  await page.keyboard.type("# mine");
  let asked = "";
  page.once("dialog", (d) => {
    asked = d.type();
    return d.dismiss();
  });
  await page.getByRole("link", { name: "SOPs" }).first().click();
  await expect.poll(() => asked).toBe("beforeunload");
  await expect(page).toHaveURL(/sops\/new$/);
});

test("an operator reads SOPs and changes none", async ({ as, guard }) => {
  const page = await as("operator");
  await page.goto(at("sops"));
  await expect(page.getByRole("link", { name: "New SOP" })).toHaveCount(0);
  await page.locator("tbody a").first().click();
  await expect(page.getByRole("heading", { name: "Versions" })).toBeVisible();
  await expect(page.getByRole("link", { name: "Edit" })).toHaveCount(0);
  await expect(page.getByText("Make this live")).toHaveCount(0);
  guard.allow(/status of 403/);
  const res = await page.goto(at("sops/new"));
  expect(res?.status()).toBe(403);
});
