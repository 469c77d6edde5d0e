import { defineConfig } from "@playwright/test";
import type { Options } from "./fixtures";

export default defineConfig<Options>({
  testDir: "tests",
  outputDir: "test-results",
  globalSetup: "./server.ts",
  fullyParallel: true,
  workers: 3, // even on two processors: half of the time tests wait
  retries: 0,
  forbidOnly: true,
  timeout: 180_000,
  globalTimeout: 40 * 60_000, // like the other times a guard against a hang, never a measure: a machine that others use too may take thrice as long
  expect: { timeout: 30_000 },
  reporter: [["list"]],
  use: {
    browserName: "chromium",
    launchOptions: {
      executablePath: process.env.CLUBOS_CHROMIUM ?? "/usr/bin/chromium",
      args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
    },
    locale: "en-GB",
    screenshot: "only-on-failure",
    actionTimeout: 60_000,
  },
  projects: [
    {
      name: "desktop",
      testIgnore: "phone.spec.ts",
      use: { viewport: { width: 1440, height: 900 }, colorScheme: "light" },
    },
    {
      // What a device changes is tested here again; the rest would only be the same server twice.
      name: "phone",
      testMatch: ["message.spec.ts", "proposal.spec.ts", "escalate.spec.ts", "axe.spec.ts", "phone.spec.ts", "relations.spec.ts", "oncall.spec.ts"],
      use: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2, colorScheme: "dark" },
    },
  ],
});
