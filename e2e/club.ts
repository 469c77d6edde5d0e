// The demo club as the tests see it: its API for looking things up, and its members' phones.
//
// A member's text goes in as the text vendor delivers it: a signed webhook. What a member's phone got
// is read back from the vendor's stand-in through the thread's messages.
import { createHmac, randomBytes, randomInt } from "node:crypto";

export const tenant = "fairway24";
export const password = "fairway-demo-24!";

/** Who may sign in to the demo club. */
export const accounts = {
  owner: "owner@example.com",
  admin: "admin@example.com",
  operator: "opal@example.com",
  colleague: "oscar@example.com",
  tech: "tess@example.com",
  viewer: "vera@example.com",
} as const;

export type Role = keyof typeof accounts;

/** The stand-in's secret for webhooks; it guards nothing outside a demo. */
const webhookSecret = "whsec_c2ltdWxhdGVkLXNpbXVsYXRlZC1zZWNyZXQ=";

export type Member = { id: string; name: string; phone: string };
export type Bay = { id: string; location_id: string; number: number; name: string };
export type Location = { id: string; slug: string; name: string };
export type Thread = { id: string; status: string; member_id?: string; unread: number };
export type Message = { id: string; direction: string; author: string; text: string; status: string };
export type Lesson = { id: string; title: string; words: string; asked: string[] };
export type Execution = { id: string; action: string; outcome: string; bay_id?: string; thread_id?: string };

/** Where a name and the digits of a number come from, so that no two tests share a member. */
const given = ["Ada", "Ben", "Cleo", "Dora", "Emil", "Faye", "Gus", "Hana", "Ivo", "Jule", "Kai", "Lena", "Milo", "Nora", "Otis", "Pia"];
const areas = [201, 202, 203, 212, 305, 310, 415, 512, 617, 702]; // 555 beyond 0199 is no demo member's

export class Club {
  readonly origin: string;
  private readonly cookie: string;

  /** @param cookie "name=value" of a session */
  constructor(origin: string, cookie: string) {
    this.origin = origin;
    this.cookie = cookie;
  }

  /** Calls the API. Anything but success is an error, with what the API said. */
  async api<T>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<T> {
    const res = await fetch(`${this.origin}/api/v1/${tenant}${path}`, {
      method,
      headers: { Cookie: this.cookie, Origin: this.origin, ...(body === undefined ? {} : { "Content-Type": "application/json" }), ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await res.text();
    if (!res.ok) throw new Error(`${method} ${path}: ${res.status} ${text}`);
    return (text ? JSON.parse(text) : undefined) as T;
  }

  private async all<T>(path: string): Promise<T[]> {
    const { items } = await this.api<{ items: T[] }>("GET", path);
    return items;
  }

  /** A location by the beginning of its name. */
  async location(name: string): Promise<Location> {
    const found = (await this.all<Location>("/locations")).find((l) => l.name.startsWith(name));
    if (!found) throw new Error(`no location ${name}`);
    return found;
  }

  async bay(location: string, number: number): Promise<Bay> {
    const l = await this.location(location);
    const found = (await this.all<Bay>(`/bays?location=${l.id}&limit=100`)).find((b) => b.location_id === l.id && b.number === number);
    if (!found) throw new Error(`${location} has no bay ${number}`);
    return found;
  }

  /** Makes a member whom nobody else texts as. */
  async member(): Promise<Member> {
    const name = `${given[randomInt(given.length)]} ${randomBytes(3).toString("hex").replace(/\d/g, (d) => "ghijklmnop"[Number(d)])}`;
    for (let tries = 1; ; tries++) {
      const phone = `+1${areas[randomInt(areas.length)]}555${String(randomInt(200, 9999)).padStart(4, "0")}`;
      try {
        return await this.api<Member>("POST", "/members", { name: name.replace(/ (.)/, (m) => m.toUpperCase()), phone });
      } catch (e) { // another test's member may have drawn the same number
        if (tries === 5 || !String(e).includes("phone number already")) throw e;
      }
    }
  }

  /** Makes a member who has booked a bay from half an hour ago until in an hour, alone: two who hold a bay at once would be a matter for a person. */
  async booker(location: string, bay: number): Promise<Member> {
    const [m, b] = await Promise.all([this.member(), this.bay(location, bay)]);
    const held = await this.all<{ id: string; ends_at: string; starts_at: string }>(`/bookings?bay=${b.id}&status=confirmed`);
    const clash = held.filter((x) => Date.parse(x.starts_at) < Date.now() + 60 * 60_000 && Date.parse(x.ends_at) > Date.now() - 30 * 60_000);
    await Promise.all(clash.map((x) => this.api("PATCH", `/bookings/${x.id}`, { status: "cancelled", reason: "the bay is needed" }, { "If-Match": "*" })));
    await this.api("POST", "/bookings", {
      external_id: `e2e-${m.id}`,
      location_id: b.location_id,
      bay_id: b.id,
      starts_at: new Date(Date.now() - 30 * 60_000).toISOString(),
      ends_at: new Date(Date.now() + 60 * 60_000).toISOString(),
      phone: m.phone,
    });
    return m;
  }

  /** Delivers a member's text to the line of a location, as the vendor would. */
  async text(from: Member | string, text: string, location = "Northside"): Promise<void> {
    const l = await this.location(location);
    const line = (await this.all<{ number: string; provider: string; location_id: string }>("/lines")).find((x) => x.location_id === l.id);
    if (line?.provider !== "openphone") throw new Error(`${location} has no line at OpenPhone`);
    const at = new Date();
    const body = JSON.stringify({
      id: `EV${randomBytes(12).toString("hex")}`,
      apiVersion: "2026-03-30",
      createdAt: at.toISOString(),
      type: "message.received",
      data: {
        resource: { id: `AC${randomBytes(12).toString("hex")}`, direction: "incoming", text, media: [], status: "received", createdAt: at.toISOString() },
        context: {
          orgId: "ORe2e", phoneNumberId: "PNe2e", conversationId: "CNe2e",
          senderIdentifier: typeof from === "string" ? from : from.phone, recipientIdentifiers: [line.number],
          contacts: { ids: [], lookupStatus: "none" },
        },
      },
    });
    const id = `msg_${randomBytes(12).toString("hex")}`;
    const ts = String(Math.floor(at.getTime() / 1000));
    const key = Buffer.from(webhookSecret.slice("whsec_".length), "base64");
    const signature = createHmac("sha256", key).update(`${id}.${ts}.${body}`).digest("base64");
    const res = await fetch(`${this.origin}/hooks/${tenant}/openphone`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "webhook-id": id, "webhook-timestamp": ts, "webhook-signature": `v1,${signature}` },
      body,
    });
    if (!res.ok) throw new Error(`webhook: ${res.status} ${await res.text()}`);
  }

  /** The thread of a member, once there is one for which `fits`. */
  async thread(m: Member, fits: (t: Thread) => boolean = () => true): Promise<Thread> {
    return until(`a thread of ${m.name}`, async () => (await this.all<Thread>("/threads?limit=100")).find((t) => t.member_id === m.id && fits(t)));
  }

  /** Messages of a thread, oldest first. */
  async messages(thread: string): Promise<Message[]> {
    return (await this.all<Message>(`/threads/${thread}/messages?limit=100`)).reverse();
  }

  async proposals(thread: string): Promise<{ id: string; status: string }[]> {
    return (await this.api<{ proposals: { id: string; status: string }[] }>("GET", `/threads/${thread}`)).proposals;
  }

  executions(thread: string): Promise<Execution[]> {
    return this.all<Execution>(`/executions?limit=100&thread=${thread}`);
  }

  /** A word that nobody else uses. */
  word(): string {
    return randomBytes(6).toString("hex").replace(/\d/g, (d) => "ghijklmnop"[Number(d)]);
  }

  /**
   * Publishes a procedure of the test's own, which is asked about first unless it is safe, and returns the
   * words that call for it. ClubOS learns from what people approve and reject: tests that shared one would change what
   * it proposes to the others.
   */
  async procedure(safe = false): Promise<string> {
    const word = this.word();
    const ask = `what about the ${word} offer`;
    await this.api("POST", "/sop-file", {
      sops: [{
        slug: `offer-${word}`, title: `The ${word} offer`, category: "information", scope: "global", status: "live",
        triggers: [ask, `tell me about the ${word} offer`, `is the ${word} offer still on`],
        steps: [{ reply: `The ${word} offer holds until Sunday.`, safe }],
      }],
    });
    return ask;
  }

  /** Answers as many texts as are asked for by hand, with the same words, and returns what ClubOS learned of it: a lesson of the test's own. */
  async lesson(situations = 1): Promise<Lesson> {
    const words = `The ${this.word()} is beside the counter.`;
    const asked: string[] = [];
    const learned = async () => (await this.all<{ id: string; title: string; precedents: number }>(`/patterns?kind=learned&q=${encodeURIComponent(asked[0])}`)).find((p) => p.precedents === asked.length);
    for (;;) {
      asked.push(`${this.word()} ${this.word()} ${this.word()}?`); // like nothing that is known
      const m = await this.member();
      await this.text(m, asked[asked.length - 1]);
      const { id } = await this.thread(m, (t) => t.status === "escalated");
      await this.api("POST", `/threads/${id}/reply`, { text: words });
      const { id: pattern, title } = await until(`what ${asked.length} answers teach`, learned);
      if (asked.length === situations) return { id: pattern, title, words, asked };
    }
  }

  async setting(key: string, value: unknown): Promise<void> {
    await this.api("PUT", `/settings/${key}`, { value });
  }

  /** Runs something under settings of its own, and leaves them as they were: other tests go by what the demo has. */
  async under(settings: Record<string, unknown>, run: () => Promise<void>): Promise<void> {
    const all = await this.all<{ key: string; value: unknown }>("/settings?limit=200");
    const before = all.filter((x) => x.key in settings);
    if (before.length < Object.keys(settings).length) throw new Error(`no such setting among ${Object.keys(settings)}`);
    for (const [key, value] of Object.entries(settings)) await this.setting(key, value);
    try {
      await run();
    } finally {
      for (const { key, value } of before) await this.setting(key, value);
    }
  }
}

/** Asks again until the answer is something; a reason for being slow is not known to tests. */
export async function until<T>(what: string, ask: () => Promise<T | undefined>, within = 15_000): Promise<T> {
  const end = Date.now() + within;
  for (;;) {
    const got = await ask();
    if (got !== undefined) return got;
    if (Date.now() > end) throw new Error(`${what} did not come within ${within / 1000} s`);
    await new Promise((done) => setTimeout(done, 200));
  }
}

/** Signs in and returns the cookie of the session, as "name=value". */
export async function signIn(origin: string, role: Role): Promise<string> {
  const res = await fetch(`${origin}/c/${tenant}/sign-in`, {
    method: "POST",
    redirect: "manual",
    headers: { "Content-Type": "application/x-www-form-urlencoded", Origin: origin },
    body: new URLSearchParams({ email: accounts[role], password }),
  });
  const cookie = res.headers.getSetCookie().find((c) => c.startsWith("clubos="));
  if (!cookie) throw new Error(`sign in as ${role}: ${res.status}`);
  return cookie.split(";")[0];
}
