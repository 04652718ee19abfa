/** A page as a person without JavaScript sees it. */
export class Page {
  constructor(
    /** Where the page is; for an answer that leads to an application, the address there. */
    readonly url: URL,
    readonly status: number,
    readonly headers: Headers,
    readonly html: string,
  ) {}

  get heading(): string {
    return decode(/<h1>(.*?)<\/h1>/s.exec(this.html)?.[1] ?? '');
  }

  /** The texts of the list with this label. */
  list(label: string): string[] {
    const items = new RegExp(`<ul[^>]*aria-label="${label}"[^>]*>(.*?)</ul>`, 's').exec(this.html)?.[1] ?? '';
    return [...items.matchAll(/<li>(.*?)<\/li>/gs)].map((match) => decode(match[1]!));
  }

  get text(): string {
    return decode(this.html.replace(/<head>.*<\/head>/s, '').replaceAll(/<[^>]*>/g, ' '))
      .replaceAll(/\s+/g, ' ')
      .trim();
  }

  /** The form that the button with this text (or accessible name) sends. */
  form(button: string): { action: string; fields: Record<string, string> } {
    for (const match of this.html.matchAll(/<button([^>]*)>(.*?)<\/button>/gs)) {
      const attributes = readAttributes(match[1]!);
      if (decode(match[2]!) !== button && attributes['aria-label'] !== button) continue;
      const form = this.forms().find((candidate) =>
        attributes['form']
          ? candidate.attributes['id'] === attributes['form']
          : candidate.start < match.index && match.index < candidate.end,
      );
      if (!form) break;
      const pressed = attributes['name'] ? { [attributes['name']]: attributes['value'] ?? '' } : {};
      return { action: form.attributes['action'] ?? '', fields: { ...form.inputs, ...pressed } };
    }
    throw new Error(`There is no button "${button}" on: ${this.text}`);
  }

  /** The address of the link with this text. */
  link(text: string): string {
    for (const match of this.html.matchAll(/<a href="([^"]*)">(.*?)<\/a>/gs)) {
      if (decode(match[2]!) === text) return decode(match[1]!);
    }
    throw new Error(`There is no link "${text}" on: ${this.text}`);
  }

  private forms() {
    return [...this.html.matchAll(/<form([^>]*)>(.*?)<\/form>/gs)].map((match) => ({
      start: match.index,
      end: match.index + match[0].length,
      attributes: readAttributes(match[1]!),
      inputs: Object.fromEntries(
        [...match[2]!.matchAll(/<input([^>]*)>/gs)]
          .map((input) => readAttributes(input[1]!))
          .map((input) => [input['name'] ?? '', input['value'] ?? '']),
      ),
    }));
  }
}

type BrowserRequest = Omit<RequestInit, 'headers'> & { headers?: Record<string, string> };

/** A browser with a cookie jar and without JavaScript; it goes no further than the issuer. */
export class Browser {
  private readonly cookies = new Map<string, { value: string; path: string }>();

  constructor(private readonly issuer: string) {}

  /** Follows redirects within the issuer. One that leads out of it is returned, with its address as `url`. */
  async open(address: string | URL, { headers, ...init }: BrowserRequest = {}, hops = 0): Promise<Page> {
    if (hops > 20) throw new Error(`Too many redirects, the last to ${String(address)}`);
    const url = new URL(address, this.issuer);
    const response = await fetch(url, {
      ...init,
      redirect: 'manual',
      headers: { accept: 'text/html', cookie: this.cookiesFor(url.pathname), ...headers },
    });
    for (const cookie of response.headers.getSetCookie()) this.keep(cookie, url.pathname);
    const location = response.headers.get('location');
    if (!location) return new Page(url, response.status, response.headers, await response.text());
    const target = new URL(location, url);
    if (target.origin === new URL(this.issuer).origin) return this.open(target, {}, hops + 1);
    return new Page(target, response.status, response.headers, '');
  }

  /** Presses a button of a page, with some fields filled in. */
  async press(page: Page, button: string, filledIn: Record<string, string> = {}): Promise<Page> {
    const { action, fields } = page.form(button);
    return this.open(new URL(action, page.url), {
      method: 'POST',
      body: new URLSearchParams({ ...fields, ...filledIn }),
    });
  }

  private cookiesFor(path: string): string {
    return [...this.cookies]
      .filter(([, cookie]) => path === cookie.path || path.startsWith(cookie.path.replace(/\/?$/, '/')))
      .map(([key, cookie]) => `${key.split(' ')[0]}=${cookie.value}`)
      .join('; ');
  }

  private keep(header: string, requestPath: string): void {
    const [pair = '', ...attributes] = header.split(/;\s*/);
    const [name = '', value = ''] = pair.split('=');
    const path = attributes.find((a) => a.toLowerCase().startsWith('path='))?.slice(5) ?? requestPath;
    const expires = attributes.find((a) => a.toLowerCase().startsWith('expires='))?.slice(8);
    const key = `${name} ${path}`;
    if (expires && new Date(expires).getTime() < Date.now()) this.cookies.delete(key);
    else this.cookies.set(key, { value, path });
  }
}

function readAttributes(text: string): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(/([\w-]+)(?:="([^"]*)")?/g)].map((match) => [match[1]!, decode(match[2] ?? '')]),
  );
}

function decode(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
    .trim();
}
