import { XSSHtmlFilter } from './xss-html-filter';

describe('XSSHtmlFilter', () => {
  const filter = new XSSHtmlFilter();

  it("writes HTML's own characters as entities, each once", () => {
    expect(filter.filter(`<img src="x" onerror='a&&b()'>`)).toEqual({
      action: 'CONTINUE',
      message: '&lt;img src=&quot;x&quot; onerror=&#39;a&amp;&amp;b()&#39;&gt;',
    });
    expect(filter.filter('&amp;')).toEqual({ action: 'CONTINUE', message: '&amp;amp;' });
  });

  it('leaves values alone that are no texts', () => {
    const message = { text: '<b>' };
    expect(filter.filter(message)).toEqual({ action: 'CONTINUE', message });
  });
});
