/** All checks of the datacenter, the worst first, with their outputs. */
import type { HealthCheck } from '../../../client/index.ts';
import { textBox } from '../../components/text-box.ts';
import { checkKey, countChecks } from '../../models/check.ts';
import { byTrouble, checkColumns, checkDetail, checkSubject, outputLines } from '../../rows/check-row.ts';
import { sanitize, span } from '../../text.ts';
import { tablePage } from '../table-page.ts';
import type { ViewContext, ViewDefinition } from '../view.ts';

export const checksView: ViewDefinition = {
  id: 'checks',
  title: 'Checks',
  aliases: ['chk', 'health'],
  help: 'All health checks, the worst first',
  open(context, argument) {
    const { checks } = context.datacenter.feeds;
    const page = tablePage<HealthCheck>(context, {
      crumb: 'Checks',
      noun: 'check',
      rows: checks,
      run: async () => {},
      keyOf: checkKey,
      columns: checkColumns,
      subject: checkSubject,
      order: byTrouble,
      name: ({ CheckID }) => CheckID,
      raw: (check) => check,
      enter: (check) => showOutput(context, check),
      summary: (all) => {
        const { critical, warning } = countChecks(all);
        return [
          span(critical > 0 ? `${critical} critical ` : '', 'bad', { bold: true }),
          span(warning > 0 ? `${warning} warning` : '', 'warn', { bold: true }),
        ];
      },
      detail: (check, { width }) => checkDetail(check, width),
    });
    page.filter?.set(argument);
    return page;
  },
};

/** The whole output, scrollable. */
export function showOutput({ show, copy }: Pick<ViewContext, 'show' | 'copy'>, check: HealthCheck): void {
  show((close) =>
    textBox({
      title: [span(sanitize(check.Name), 'plain', { bold: true }), span(` output on ${sanitize(check.Node)}`, 'muted')],
      lines: (width) => outputLines(check.Output, width),
      copy: () => copy(check.Output, 'the output'),
      close,
    }),
  );
}
