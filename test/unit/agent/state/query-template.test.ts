// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the templates under test
import { describe, expect, it } from 'vitest';
import { checkTemplate, renderTemplate } from '../../../../src/agent/state/query-template.ts';
import { make } from '../../../../src/structs/make.ts';
import { PreparedQuery, ServiceQuery } from '../../../../src/structs/prepared-query.ts';

const template = (service: Partial<ServiceQuery>, Regexp = '', RemoveEmptyTags = false): PreparedQuery =>
  make(PreparedQuery, {
    Name: 'geo-',
    Template: { Type: 'name_prefix_match', Regexp, RemoveEmptyTags },
    Service: make(ServiceQuery, service),
  });

describe('templates of prepared queries', () => {
  it('are filled in from the name', () => {
    const query = template({
      Service: '${name.suffix}',
      Tags: ['${name.prefix}', '${name.full}', '$${x}'],
      NodeMeta: { a: '${agent.segment}s' },
    });
    const { Service } = renderTemplate(query, 'geo-db', 'alpha');
    expect(Service).toMatchObject({ Service: 'db', Tags: ['geo-', 'geo-db', '${x}'], NodeMeta: { a: 'alphas' } });
  });

  it('take what the expression found, and nothing where it found nothing', () => {
    const query = template({ Service: '${match(1)}', Tags: ['${match(2)}', ''] }, '^geo-(.*?)-([^-]+)$', true);
    expect(renderTemplate(query, 'geo-db-v1', '').Service).toMatchObject({ Service: 'db', Tags: ['v1'] });
    expect(renderTemplate(query, 'geo-x', '').Service).toMatchObject({ Service: '', Tags: [] });
  });

  it.each([
    [template({}, '('), 'failed compiling template: Bad Regexp: error parsing regexp: missing closing ): `(`'],
    [
      template({ Service: '${bogus' }),
      `failed compiling template: Bad format '\${bogus' in Service.Service: parse error at 1:8: expected "}" but found end of string`,
    ],
    [
      { ...template({}), Template: { Type: 'x', Regexp: '', RemoveEmptyTags: false } },
      "failed compiling template: Bad Template.Type 'x'",
    ],
  ])('are refused with the recorded words', (query, text) => {
    expect(() => checkTemplate(query)).toThrow(text);
  });
});
