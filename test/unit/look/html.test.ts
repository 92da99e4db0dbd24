import { expect } from 'chai';
import { html } from '../../../src/ckpt/look/html.js';

describe('html', () => {
  it('escapes text, and not what templates made', () => {
    const name = `<script>alert("1")</script>&'`;
    const inner = html`<b title="${name}">${name}</b>`;
    const escaped = '&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;';
    expect(inner.text).to.equal(`<b title="${escaped}">${escaped}</b>`);
    expect(html`<p>${[inner, ' and ', 3, undefined]}</p>`.text).to.equal(`<p>${inner.text} and 3</p>`);
  });

  it('shows characters that would turn text around', () => {
    expect(html`${'a\u202eb\u0000\u001b[1m\ud800'}`.text).to.equal('a\\u{202e}b\\u{0}\\u{1b}[1m\\u{d800}');
  });
});
