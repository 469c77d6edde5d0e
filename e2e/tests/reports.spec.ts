// What booking systems report, and what is answered to whoever has booked.
import { randomInt } from "node:crypto";
import type { Club, Member } from "../club";
import { at, bubble, composer, expect, test } from "../fixtures";

/** Has a member book a bay in some days, and the booking moved. Returns its page and who holds it. */
async function moved(club: Club, location: string, bay: number): Promise<{ page: string; member: Member }> {
  const [member, b] = await Promise.all([club.member(), club.bay(location, bay)]);
  const start = Date.now() + (10 + randomInt(300)) * 24 * 3600_000;
  const put = (from: number) => club.api<{ id: string }>("POST", "/bookings", {
    external_id: `e2e-moved-${member.id}`, location_id: b.location_id, bay_id: b.id, phone: member.phone,
    starts_at: new Date(from).toISOString(), ends_at: new Date(from + 3600_000).toISOString(),
  });
  await put(start);
  const { id } = await put(start + 2 * 3600_000);
  return { page: at(`bookings/${id}`), member };
}

test("a report is answered on its booking's page, reaches whoever has booked, and the next one has the words proposed", async ({ page, club }) => {
  const words = `Your booking was moved; the ${club.word()} desk helps where that does not suit you.`;
  // As many as it takes until what people say is proposed.
  const answered = await Promise.all([1, 2, 3].map((bay) => moved(club, "Northside", bay)));
  for (const { page: booking, member } of answered) {
    const answer = page.getByRole("button", { name: "Answer: A booking was changed" });
    await expect(async () => {
      await page.goto(booking);
      await expect(answer).toBeVisible({ timeout: 500 });
    }).toPass();
    await answer.click();
    await expect(page.locator("#thread-title")).toBeVisible();
    if (member === answered[0].member) {
      await composer(page).text.fill(words);
      await composer(page).send.click();
    } else {
      await club.api("POST", `/threads/${new URL(page.url()).pathname.split("/").pop()}/reply`, { text: words }, { "Idempotency-Key": member.id });
    }
    await expect(bubble(page, "Texted to whoever has booked")).toBeVisible();
    const { id } = await club.thread(member);
    expect((await club.messages(id)).map((m) => m.text)).toEqual([words]);
  }
  const next = await moved(club, "Northside", 4);
  const open = page.getByRole("listitem").filter({ hasText: "A booking was changed" }).getByRole("link", { name: "Open" });
  await expect(async () => {
    await page.goto(next.page);
    await expect(open).toBeVisible({ timeout: 500 });
  }).toPass();
  await open.click();
  await expect(page.locator('[data-proposal][data-status="open"] .text')).toHaveText(words);
});
