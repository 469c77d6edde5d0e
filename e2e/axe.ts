import AxeBuilder from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

/** Checks what the page shows for barriers; the desktop is tested light, the phone dark, as their projects say. */
export async function check(page: Page): Promise<void> {
  // A long table says in its first rows what it would say in all; axe is slow on hundreds of cells.
  // Legacy mode, so called, looks at the page alone, without an empty one beside it to put the findings of frames together:
  // no page of ours has frames.
  const { violations } = await new AxeBuilder({ page }).setLegacyMode().exclude("tbody tr:nth-child(n+6)").exclude(".bay:nth-child(n+4)").exclude(".day-row:nth-child(n+5)").withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]).analyze();
  const bad = violations.filter((v) => v.impact === "serious" || v.impact === "critical");
  expect(bad.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ")).slice(0, 5).join(" | ")}`)).toEqual([]);
}
