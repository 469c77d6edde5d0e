// Starts the demo club once for all tests, signs its people in, and stops it when the tests end.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { accounts, Club, signIn, until, type Role } from "./club";

const binary = resolve(import.meta.dirname, "../bin/clubos");

export default async function start(): Promise<() => Promise<void>> {
  const { origin, dir, stop } = await serve("--history", "0");
  process.env.CLUBOS_E2E_URL = origin;
  process.env.CLUBOS_E2E_DIR = dir;
  return stop;
}

export type Serving = { origin: string; dir: string; stop: () => Promise<void> };

/** Serves a demo club of its own. Its directory holds the sessions of its people, by role. */
export async function serve(...args: string[]): Promise<Serving> {
  if (!existsSync(binary)) throw new Error(`${binary} is missing: run scripts/test-browser.sh`);
  const dir = await mkdtemp(join(tmpdir(), "clubos-e2e-"));
  const log = join(dir, "clubos.log");
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const server = spawn(binary, ["demo", "--quiet", "--listen", `127.0.0.1:${port}`, "--log", log, ...args], {
    // Nothing of the caller's own club reaches the demo.
    env: Object.fromEntries(Object.entries(process.env).filter(([k]) => !k.startsWith("CLUBOS_"))),
    stdio: ["ignore", "ignore", "inherit"],
  });
  const gone = new Promise<void>((done) => server.once("exit", () => done()));
  const running = () => server.exitCode === null && server.signalCode === null;
  const stop = async () => {
    if (running()) server.kill("SIGTERM");
    const hard = setTimeout(() => running() && server.kill("SIGKILL"), 15_000);
    await gone;
    clearTimeout(hard);
    await rm(dir, { recursive: true, force: true });
  };
  // However the tests end, the server ends with them.
  process.once("exit", () => running() && server.kill("SIGKILL"));
  process.once("SIGTERM", () => void stop().finally(() => process.exit(143)));

  try {
    await until("the demo club", async () => {
      if (!running()) throw new Error(`the demo club ended at once:\n${await readFile(log, "utf8").catch(() => "no log")}`);
      return (await fetch(`${origin}/c/fairway24/sign-in`).catch(() => undefined))?.ok ? true : undefined;
    }, 240_000);
    for (const role of Object.keys(accounts) as Role[]) {
      const cookie = await signIn(origin, role);
      const [name, value] = cookie.split("=");
      const state = { cookies: [{ name, value, domain: "127.0.0.1", path: "/", expires: -1, httpOnly: true, secure: false, sameSite: "Lax" }], origins: [] };
      await writeFile(join(dir, `${role}.json`), JSON.stringify(state));
      if (role === "owner") await new Club(origin, cookie).setting("wait.burst", "300ms");
    }
  } catch (e) {
    await stop();
    throw e;
  }
  return { origin, dir, stop };
}

function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const s = createServer().once("error", fail);
    s.listen(0, "127.0.0.1", () => {
      const { port } = s.address() as AddressInfo;
      s.close(() => done(port));
    });
  });
}
