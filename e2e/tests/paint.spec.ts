// What a browser needs before it shows a page: little, and of this server alone. When it showed it is attached
// to the report and not asserted, for a busy machine paints late.
import type { Page } from "@playwright/test";
import { at, expect, openThread, test } from "../fixtures";

/**
 * Bytes over the wire that a first visit may take before anything shows, headers included. The page's are with a full list
 * of conversations, for those of other tests are in it too. Nothing is compressed: a page has secrets in it, beside words that others wrote.
 */
const most = { html: 160_000, style: 60_000, script: 40_000 };

for (const name of ["inbox", "conversation"]) {
  test(`the ${name} shows after its page and its style sheets, and nothing else is waited for`, async ({ page, club, as }, info) => {
    const member = await club.member();
    await club.text(member, `a question about the ${club.word()} piano`);
    const id = await openThread(page, club, member);
    const path = name === "inbox" ? at("inbox") : at(`threads/${id}`);

    const figures: { cold: Figure; warm: Figure[] } = { cold: await visit(await as("operator"), path), warm: [] };
    for (let i = 0; i < 5; i++) figures.warm.push(await visit(page, path));
    const words = `cold ${figures.cold.paint} ms, warm ${figures.warm.map((f) => f.paint).join(", ")} ms; ${JSON.stringify(figures.cold.bytes)} bytes`;
    info.annotations.push({ type: "first paint", description: words });
    await info.attach("paint.json", { body: JSON.stringify(figures, null, 2), contentType: "application/json" });
    console.log(`first paint of the ${name}: ${words}`);

    const { cold } = figures;
    expect(cold.paint, "the page was painted").toBeGreaterThan(0);
    for (const r of cold.blocking) expect(new URL(r).origin, "what blocks the first paint").toBe(new URL(page.url()).origin);
    expect(cold.blocking.every((r) => new URL(r).pathname.endsWith(".css")), `only style sheets block: ${cold.blocking}`).toBe(true);
    expect(cold.blocking.length, "style sheets").toBeGreaterThan(0);
    expect(cold.bytes.html, "the page").toBeLessThan(most.html);
    expect(cold.bytes.style, "what blocks").toBeLessThan(most.style);
    expect(cold.bytes.script, "scripts").toBeLessThan(most.script);
    expect(cold.bytes.style, "style sheets were transferred").toBeGreaterThan(0);
  });
}

type Figure = { paint: number; blocking: string[]; bytes: { html: number; style: number; script: number } };

/** Opens a page, and reads what the browser says of how it came to be shown. */
async function visit(page: Page, path: string): Promise<Figure> {
  await page.goto(path);
  return page.evaluate(async () => {
    const paint = await new Promise<number>((resolve) => {
      new PerformanceObserver((list) => {
        const entry = list.getEntriesByName("first-contentful-paint")[0];
        if (entry) resolve(Math.round(entry.startTime));
      }).observe({ type: "paint", buffered: true });
    });
    const [page] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
    const all = performance.getEntriesByType("resource") as (PerformanceResourceTiming & { renderBlockingStatus?: string })[];
    const sum = (list: PerformanceResourceTiming[]) => list.reduce((n, r) => n + r.transferSize, 0);
    return {
      paint,
      blocking: all.filter((r) => r.renderBlockingStatus === "blocking").map((r) => r.name),
      bytes: { html: page?.transferSize ?? 0, style: sum(all.filter((r) => /\.css$/.test(r.name))), script: sum(all.filter((r) => /\.js$/.test(r.name))) },
    };
  });
}
