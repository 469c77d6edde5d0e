import { until } from "../club";
import { at, bubble, composer, expect, openThread, said, test, threadMenu } from "../fixtures";

test("who asks for a person gets one, and the machine is silent until it is handed back", async ({ page, club, isMobile }) => {
  const m = await club.member();
  await club.text(m, "I want to talk to a human please");
  const { id } = await club.thread(m, (t) => t.status === "escalated");
  await page.goto(at("inbox?status=needs"));
  const row = page.locator(`a[data-thread="${id}"]`);
  await expect(row.locator(".badge", { hasText: "Needs a person" })).toBeVisible();
  await expect(row).toContainText(/waits/);
  await row.click();
  await expect(page.locator("#thread-title")).toHaveText(m.name);
  await expect(page.locator("#thread .note")).toContainText(/the member asks for a person/i);

  const head = page.locator("#thread [data-swap=head]");
  const press = async (name: RegExp) => {
    if (isMobile) await page.getByLabel("More actions").click();
    await page.locator("#thread").getByRole("button", { name }).filter({ visible: true }).first().click();
  };
  await press(/^Take it/);
  await expect(said(page)).toContainText("You have it.");
  await expect(head).toContainText("In hand");
  await expect(head).toContainText("with Opal");

  const before = (await club.messages(id)).length;
  const ask = await club.procedure(true);
  await club.text(m, ask);
  await expect(bubble(page, ask)).toBeVisible();
  const control = await club.member();
  await club.text(control, ask);
  const answered = await club.thread(control);
  await until("an answer to the control", async () => (await club.messages(answered.id)).find((x) => x.author === "machine"));
  expect(await club.messages(id)).toHaveLength(before + 1);

  await composer(page).text.fill("Hello, Opal here. It is behind the building.");
  await composer(page).send.click();
  await expect(bubble(page, "Hello, Opal here.")).toHaveAttribute("data-state", /sent|delivered/);

  await press(/^Hand back/);
  await expect(said(page)).toContainText("Handed back");
  await club.text(m, "what is the wifi password?");
  await until("an answer by the machine", async () => (await club.messages(id)).slice(before + 2).find((x) => x.author === "machine"));
  await expect(page.locator("[data-message][data-author=machine]").last()).toBeVisible();
});

test("an operator escalates with a reason, and resolves", async ({ page, club }) => {
  const m = await club.member();
  await club.text(m, "the ceramic heron wears somebody else's monocle");
  await openThread(page, club, m);
  await club.thread(m, (t) => t.status === "escalated");
  await page.reload();
  await page.getByRole("button", { name: "Resolve" }).first().click();
  await expect(said(page)).toContainText("Resolved");
  await threadMenu(page, "Escalate");
  await page.locator("#esc-priority").selectOption("high");
  await page.locator("#esc-reason").fill("somebody could trip");
  await page.getByRole("button", { name: "Escalate", exact: true }).click();
  await expect(said(page)).toContainText("Colleagues have been called.");
  await expect(page.locator("#thread .note")).toContainText(/somebody could trip/i);
  await expect(page.locator("#thread [data-swap=head]")).toContainText("Needs a person");
  await page.getByRole("button", { name: "Resolve" }).first().click();
  await expect(said(page)).toContainText("Resolved");
  await expect(page.locator("#thread [data-swap=head]")).toContainText("Resolved");
});

test("a thread that a colleague has taken shows whose it is, without a reload", async ({ page, club, as, isMobile }) => {
  test.skip(isMobile, "the list is behind the thread on a phone");
  const m = await club.member();
  await club.text(m, "may I speak to someone from the team");
  const { id } = await club.thread(m, (t) => t.status === "escalated");
  await page.goto(at("inbox?status=needs"));
  const row = page.locator(`a[data-thread="${id}"]`);
  await expect(row).toBeVisible();
  const other = await as("colleague");
  await other.goto(at(`threads/${id}`));
  await other.getByRole("button", { name: "Take it" }).filter({ visible: true }).first().click();
  await expect(said(other)).toContainText("You have it.");
  await expect(row).toContainText("Oscar");
});
