import { type HTMLElement, parse } from 'node-html-parser';

/** A page as it arrived. */
export class Page {
  readonly document: HTMLElement;

  constructor(
    readonly url: URL,
    readonly status: number,
    readonly headers: Headers,
    readonly body: string,
  ) {
    // Without `noscript`, which is text by default: a browser without JavaScript shows it.
    this.document = parse(body, { blockTextElements: { script: true, style: true, pre: true } });
  }

  get heading(): string {
    return this.text('h1');
  }

  /** The text of the first element that a CSS selector finds, or of the whole page. */
  text(selector = 'body'): string {
    return (this.document.querySelector(selector)?.structuredText ?? '').replaceAll(/\s+/g, ' ').trim();
  }

  texts(selector: string): string[] {
    return this.document.querySelectorAll(selector).map(({ text }) => text.replaceAll(/\s+/g, ' ').trim());
  }

  /** Where the link with this text leads. */
  link(text: string): URL {
    const link = this.document.querySelectorAll('a').find((candidate) => candidate.text.trim() === text);
    if (!link) throw new Error(`There is no link "${text}" on: ${this.text()}`);
    return new URL(link.getAttribute('href') ?? '', this.url);
  }

  /** The form of the button with this text: where it goes and what it sends. */
  form(button: string): { method: string; action: URL; fields: URLSearchParams } {
    const pressed = this.document
      .querySelectorAll('button')
      .find((candidate) => candidate.text.trim() === button);
    const id = pressed?.getAttribute('form');
    const form = this.document
      .querySelectorAll('form')
      .find((candidate) => (id ? candidate.id === id : candidate === pressed?.closest('form')));
    if (!pressed || !form) throw new Error(`There is no button "${button}" on: ${this.text()}`);
    const fields = new URLSearchParams();
    for (const input of form.querySelectorAll('input')) {
      fields.set(input.getAttribute('name') ?? '', input.getAttribute('value') ?? '');
    }
    const name = pressed.getAttribute('name');
    if (name) fields.set(name, pressed.getAttribute('value') ?? '');
    const action = new URL(form.getAttribute('action') ?? '', this.url);
    return { method: form.getAttribute('method')?.toUpperCase() ?? 'GET', action, fields };
  }
}

/** Everything that went to or came from the browser, for tests of what must never be there. */
export interface Exchange {
  readonly url: string;
  readonly answer: string;
}

/** A browser without JavaScript: a cookie jar, links and forms. All programs are on localhost and share its cookies. */
export class Visitor {
  readonly cookies = new Map<string, string>();
  /** The attributes with which each cookie was last set. */
  readonly cookieAttributes = new Map<string, string>();
  readonly exchanges: Exchange[] = [];

  constructor(private readonly home: string) {}

  /** The value of its Cookie header, for requests that are written by hand. */
  get cookieHeader(): string {
    return [...this.cookies].map((pair) => pair.join('=')).join('; ');
  }

  /** Opens a page and follows redirects. */
  async open(address: string | URL, init: RequestInit = {}): Promise<Page> {
    const page = await this.request(address, init);
    const location = page.headers.get('location');
    return location ? this.open(new URL(location, page.url)) : page;
  }

  /** Requests without following redirects. */
  async request(address: string | URL, init: RequestInit = {}): Promise<Page> {
    const url = new URL(address, this.home);
    const headers = new Headers(init.headers);
    headers.set('cookie', this.cookieHeader);
    const response = await fetch(url, { ...init, redirect: 'manual', headers });
    for (const header of response.headers.getSetCookie()) this.keep(header);
    const page = new Page(url, response.status, response.headers, await response.text());
    this.exchanges.push({ url: url.href, answer: JSON.stringify([...response.headers]) + page.body });
    return page;
  }

  follow(page: Page, link: string): Promise<Page> {
    return this.open(page.link(link));
  }

  /** Presses a button, with some fields filled in. */
  async press(page: Page, button: string, filledIn: Record<string, string> = {}): Promise<Page> {
    const { method, action, fields } = page.form(button);
    for (const [name, value] of Object.entries(filledIn)) fields.set(name, value);
    if (method === 'POST') return this.open(action, { method, body: fields });
    action.search = fields.toString();
    return this.open(action);
  }

  private keep(header: string): void {
    const [pair = '', ...attributes] = header.split('; ');
    const name = pair.slice(0, pair.indexOf('='));
    this.cookieAttributes.set(name, attributes.join('; '));
    const expires = attributes.find((attribute) => /^expires=/i.test(attribute))?.slice('expires='.length);
    if (expires && Date.parse(expires) <= Date.now()) this.cookies.delete(name);
    else this.cookies.set(name, pair.slice(pair.indexOf('=') + 1));
  }
}
