import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiError, call } from '../api/client';
import type { DestinationType, Preview, TestStep } from '../api/client';
import { useZone } from '../app/zone';
import { interval as showInterval, moment, weekday } from '../time/format';
import { browserZone, knownZones, upcoming } from '../time/grid';
import { Icon } from '../ui/icons';
import { Button, Empty, Field, Panel, Segments } from '../ui/kit';
import { SearchSelect } from '../ui/SearchSelect';
import { Logo } from '../ui/state';
import { BUILT_IN, configErrors, errorsByField, fieldsOfType, fromLocal, gridOfDraft, hasNoValue, OPERATORS, takesSeveral, toRequest } from './draft';
import type { Draft, FilterDraft, ModelDraft } from './draft';
import { SchemaForm } from './SchemaForm';

export interface PartProps {
  draft: Draft;
  onChange: (change: Partial<Draft>) => void;
  errors: Record<string, string>;
}

const INTERVALS = ['hour', 'day', 'week', 'every 5 minutes', 'every 10 minutes', 'every 15 minutes', 'every 20 minutes', 'every 30 minutes'];

export function ModelPart({ draft, onChange, errors }: PartProps) {
  const model = draft.model;
  const change = (part: Partial<ModelDraft>) => onChange({ model: { ...model, ...part } });
  return (
    <div className="stack">
      <Segments
        label="Model"
        value={model.kind === 'built-in' ? model.word : model.kind}
        onChange={(chosen) => change(chosen === 'table' || chosen === 'query' ? { kind: chosen } : { kind: 'built-in', word: chosen })}
        options={[
          ...[...new Set([...BUILT_IN, model.word])].map((word) => ({ value: word, label: word[0]!.toUpperCase() + word.slice(1) })),
          { value: 'table', label: 'A table' },
          { value: 'query', label: 'A SQL query' },
        ]}
      />
      {errors['model'] && <p className="callout">{errors['model']}</p>}
      {model.kind === 'built-in' && model.word !== 'events' && (
        <p className="muted">The built-in model {model.word}: rows are merged by their key at destinations with tables; the newest version wins.</p>
      )}
      {model.kind === 'built-in' && model.word === 'events' && (
        <>
          <p className="muted">Every event of this project: uuid, event, distinct_id, person_id, properties, person_properties, elements_chain, timestamp, created_at.</p>
          <div className="fields">
            <Field label="Only these events" hint="One name a line. Empty: all events." error={errors['include_events']}>
              {(props) => <textarea {...props} value={draft.includeEvents} onChange={(event) => onChange({ includeEvents: event.target.value })} />}
            </Field>
            <Field label="Leave out these events" hint="One name a line." error={errors['exclude_events']}>
              {(props) => <textarea {...props} value={draft.excludeEvents} onChange={(event) => onChange({ excludeEvents: event.target.value })} />}
            </Field>
          </div>
          <Filters draft={draft} onChange={onChange} errors={errors} />
        </>
      )}
      {(model.kind === 'table' || model.kind === 'query') && (
        <div className="fields">
          {model.kind === 'table' ? (
            <Field label="Table" required hint="Of ClickHouse, with its database in front if it is another.">
              {(props) => <input {...props} value={model.table} spellCheck={false} onChange={(event) => change({ table: event.target.value })} />}
            </Field>
          ) : (
            <Field label="Query" required wide hint="A SELECT that uses {interval_start} and {interval_end} as bounds of landing time.">
              {(props) => <textarea {...props} value={model.query} spellCheck={false} onChange={(event) => change({ query: event.target.value })} />}
            </Field>
          )}
          <Field label="Landing time column" hint="When a row landed in ClickHouse. Default: inserted_at.">
            {(props) => <input {...props} value={model.landingTimeColumn} placeholder="inserted_at" spellCheck={false} onChange={(event) => change({ landingTimeColumn: event.target.value })} />}
          </Field>
          <Field label="Columns" wide hint="One a line, in order; `name = source` renames, `name :: Type` casts. Empty: all.">
            {(props) => <textarea {...props} value={model.columns} spellCheck={false} onChange={(event) => change({ columns: event.target.value })} />}
          </Field>
          <Field label="Primary key" hint="Columns, with commas. With it, destinations with tables merge.">
            {(props) => <input {...props} value={model.primaryKey} spellCheck={false} onChange={(event) => change({ primaryKey: event.target.value })} />}
          </Field>
          <Field label="Version key" hint="Of rows with the same key the greater version wins.">
            {(props) => <input {...props} value={model.versionKey} spellCheck={false} onChange={(event) => change({ versionKey: event.target.value })} />}
          </Field>
        </div>
      )}
    </div>
  );
}

/** Conditions on properties, all of which hold for every exported row. */
function Filters({ draft, onChange, errors }: PartProps) {
  const change = (index: number, part: Partial<FilterDraft>) =>
    onChange({ filters: draft.filters.map((filter, at) => (at === index ? { ...filter, ...part } : filter)) });
  return (
    <fieldset className="stack tight">
      <legend className="strong" style={{ marginBottom: 4 }}>Only rows whose properties are so</legend>
      {errors['filters'] && <p className="callout">{errors['filters']}</p>}
      {draft.filters.map((filter, index) => (
        <div className="row wrap" key={index} role="group" aria-label={`Condition ${index + 1}`}>
          <select className="native" aria-label="Of" value={filter.type} onChange={(event) => change(index, { type: event.target.value as FilterDraft['type'] })}>
            <option value="event">event</option>
            <option value="person">person</option>
          </select>
          <input className="native grow" aria-label="Property" placeholder="property" spellCheck={false} value={filter.key} onChange={(event) => change(index, { key: event.target.value })} />
          <select className="native" aria-label="Operator" value={filter.operator} onChange={(event) => change(index, { operator: event.target.value })}>
            {OPERATORS.map((operator) => <option key={operator} value={operator}>{operator.replaceAll('_', ' ')}</option>)}
          </select>
          {hasNoValue(filter.operator) ? null : takesSeveral(filter.operator) ? (
            <textarea className="native grow" aria-label="Value" placeholder="value, or several, one a line" spellCheck={false} rows={Math.min(8, filter.value.split('\n').length + 1)} value={filter.value} onChange={(event) => change(index, { value: event.target.value })} />
          ) : (
            <input className="native grow" aria-label="Value" placeholder="value" spellCheck={false} value={filter.value} onChange={(event) => change(index, { value: event.target.value })} />
          )}
          <Button kind="quiet" icon="cross" label={`Remove condition ${index + 1}`} onClick={() => onChange({ filters: draft.filters.filter((_, at) => at !== index) })} />
        </div>
      ))}
      <div><Button size="small" icon="plus" onClick={() => onChange({ filters: [...draft.filters, { key: '', operator: 'exact', value: '', type: 'event' }] })}>Add a condition</Button></div>
    </fieldset>
  );
}

/** Some of the latest rows, as they would be exported. */
export function RowPreview({ project, draft, types, blocked }: { project: number; draft: Draft; types: DestinationType[]; blocked?: string | false }) {
  const { zone } = useZone();
  const preview = useMutation({
    mutationFn: () => {
      const { model, filters, include_events, exclude_events } = toRequest(draft, types);
      return call<Preview>('POST', `/api/projects/${project}/batch_exports/preview/`, { model, filters, include_events, exclude_events });
    },
  });
  return (
    <Panel flush title="Preview" actions={<Button icon="play" busy={preview.isPending} blocked={blocked} onClick={() => preview.mutate()}>{preview.data ? 'Look again' : 'Show some rows'}</Button>}>
      {preview.error && <div className="body"><p className="callout">{preview.error.message}{preview.error instanceof ApiError && preview.error.errors.map((error) => ` ${error.pointer}: ${error.message}.`)}</p></div>}
      {!preview.data && !preview.error && <p className="body muted" style={{ padding: 14 }}>Some of the latest rows that would be exported, and their columns. Nothing is stored.</p>}
      {preview.data && preview.data.rows.length === 0 && <Empty title="No row">Nothing that these settings choose has landed lately, until {moment(Date.parse(preview.data.data_interval_end), zone)}; the hour under way is not looked at.</Empty>}
      {preview.data && preview.data.rows.length > 0 && (
        <div className="scroll-x" tabIndex={0} role="region" aria-label="Preview, scrollable">
          <table className="table">
            <thead><tr>{preview.data.columns.map((column) => <th key={column.name} scope="col" title={column.type}>{column.name}</th>)}</tr></thead>
            <tbody>
              {preview.data.rows.map((row, index) => (
                <tr key={index}>{preview.data.columns.map((column) => <td key={column.name} className="mono"><div className="clip" style={{ maxWidth: 220 }}>{shown(row[column.name])}</div></td>)}</tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}

function shown(value: unknown): string {
  return value === null || value === undefined ? '—' : typeof value === 'object' ? JSON.stringify(value) : String(value);
}

export function DestinationPart({ draft, onChange, errors, types, stored = false }: PartProps & { types: DestinationType[]; stored?: boolean }) {
  return (
    <div className="stack">
      <div className="cards" role="radiogroup" aria-label="Destination type">
        {types.map((type) => (
          <label className="card" key={type.type}>
            <input type="radio" name="destination-type" checked={draft.type === type.type} onChange={() => onChange({ type: type.type })} />
            <Logo type={type.type} />
            <span className="strong">{type.type}</span>
          </label>
        ))}
      </div>
      <Panel title={`${draft.type} connection`}>
        {errors['destination'] && <p className="callout">{errors['destination']}</p>}
        <SchemaForm
          fields={fieldsOfType(types, draft.type)}
          values={draft.config[draft.type] ?? {}}
          errors={configErrors(errors)}
          storedSecrets={stored}
          onChange={(values) => onChange({ config: { ...draft.config, [draft.type]: values } })}
        />
      </Panel>
    </div>
  );
}

export function SchedulePart({ draft, onChange, errors }: PartProps) {
  const days = draft.interval === 'day' || draft.interval === 'week';
  const intervals = INTERVALS.includes(draft.interval) ? INTERVALS : [...INTERVALS, draft.interval];
  return (
    <div className="fields">
      <Field label="Interval" required error={errors['interval']}>
        {(props) => (
          <select {...props} value={draft.interval} onChange={(event) => onChange({ interval: event.target.value })}>
            {intervals.map((interval) => (
              <option key={interval} value={interval}>{interval.startsWith('every') ? interval.replace('every', 'Every') : `Every ${interval}`}</option>
            ))}
          </select>
        )}
      </Field>
      <Field label="Time zone" error={errors['timezone']} hint="Days and weeks begin by its clocks, also when they change.">
        {({ id }) => <SearchSelect id={id} value={draft.timezone} options={knownZones()} onChange={(timezone) => onChange({ timezone })} />}
      </Field>
      {days && (
        <Field label="Begins at" error={errors['offset_hour']}>
          {(props) => (
            <select {...props} value={draft.offsetHour} onChange={(event) => onChange({ offsetHour: Number(event.target.value) })}>
              {Array.from({ length: 24 }, (_, hour) => <option key={hour} value={hour}>{`${String(hour).padStart(2, '0')}:00`}</option>)}
            </select>
          )}
        </Field>
      )}
      {draft.interval === 'week' && (
        <Field label="Begins on" error={errors['offset_day']}>
          {(props) => (
            <select {...props} value={draft.offsetDay} onChange={(event) => onChange({ offsetDay: Number(event.target.value) })}>
              {Array.from({ length: 7 }, (_, day) => <option key={day} value={day}>{weekday(day)}</option>)}
            </select>
          )}
        </Field>
      )}
      <Field label={`Start, ${draft.timezone}`} error={errors['start_at']} hint="Empty: with the interval that is under way. In the past: what has ended since is caught up.">
        {(props) => <input {...props} type="datetime-local" value={draft.startAt} onChange={(event) => onChange({ startAt: event.target.value })} />}
      </Field>
      <Field label={`End, ${draft.timezone}`} error={errors['end_at']} hint="Nothing that lands at or after it is exported. Empty: no end.">
        {(props) => <input {...props} type="datetime-local" value={draft.endAt} onChange={(event) => onChange({ endAt: event.target.value })} />}
      </Field>
      <Field label="Settle delay, seconds" error={errors['settle_seconds']} hint="How long a run waits after its interval has ended, for rows that are still being written.">
        {(props) => <input {...props} inputMode="numeric" value={draft.settleSeconds} onChange={(event) => onChange({ settleSeconds: event.target.value })} />}
      </Field>
      <Field label="Give up after, seconds" error={errors['give_up_after_seconds']} hint="How long a run retries errors that may pass before it fails.">
        {(props) => <input {...props} inputMode="numeric" value={draft.giveUpAfterSeconds} onChange={(event) => onChange({ giveUpAfterSeconds: event.target.value })} />}
      </Field>
      <Field label="Pause after failed runs in a row" error={errors['pause_after_failures']} hint="So that a broken destination is not tried for ever. 0: never pause.">
        {(props) => <input {...props} inputMode="numeric" value={draft.pauseAfterFailures} onChange={(event) => onChange({ pauseAfterFailures: event.target.value })} />}
      </Field>
      <Field label="Rows that become visible late" error={errors['late_rows']} hint="Found by counting again after 10 minutes, an hour and a day. Export: the interval runs again.">
        {(props) => (
          <select {...props} value={draft.lateRows} onChange={(event) => onChange({ lateRows: event.target.value })}>
            <option value="report">Report them</option>
            <option value="export">Export them</option>
          </select>
        )}
      </Field>
      <Field label="When an interval is exported again" error={errors['rerun_mode']} hint="Files are always replaced. For tables without a primary key: append adds the rows again, replace takes the earlier ones away.">
        {(props) => (
          <select {...props} value={draft.rerunMode} onChange={(event) => onChange({ rerunMode: event.target.value })}>
            <option value="append">Append</option>
            <option value="replace">Replace</option>
          </select>
        )}
      </Field>
    </div>
  );
}

/** The next five intervals, in the schedule's zone and in the reader's. */
export function NextIntervals({ draft }: { draft: Draft }) {
  const time = (text: string) => {
    const found = fromLocal(text, draft.timezone);
    return found === null ? null : Date.parse(found);
  };
  const spans = upcoming(gridOfDraft(draft), Date.now(), 5, time(draft.startAt), time(draft.endAt));
  const own = browserZone() === draft.timezone ? (draft.timezone === 'UTC' ? null : 'UTC') : browserZone();
  return (
    <Panel title="Next five intervals">
      {spans.length === 0 ? (
        <p className="muted">None: the end lies before the next interval.</p>
      ) : (
        <ol className="stack tight">
          {spans.map((span) => (
            <li key={span.start}>
              <div>{showInterval(span.start, span.end, draft.timezone)}</div>
              <div className="muted small">
                runs {own ? moment(span.end, own) : moment(span.end, draft.timezone)}
              </div>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}

/** Tries the connection and says for each step what is missing. */
export function ConnectionTest({ project, draft, types, exportId, blocked, onErrors, onPassed }: { project: number; draft: Draft; types: DestinationType[]; exportId?: string; blocked?: string | false; onErrors: (errors: Record<string, string>) => void; onPassed?: (passed: boolean) => void }) {
  const [tested, setTested] = useState('');
  const request = toRequest(draft, types);
  const now = JSON.stringify([request['destination'], request['model']]);
  const test = useMutation({
    mutationFn: () => {
      setTested(now);
      const body = { ...request, name: draft.name.trim() || 'connection test', ...(exportId ? { id: exportId } : {}) };
      return call<{ steps: TestStep[] }>('POST', `/api/projects/${project}/batch_exports/test/`, body);
    },
    onSuccess: (answer) => {
      onErrors({});
      onPassed?.(answer.steps.every((step) => step.status !== 'Failed'));
    },
    onError: (error) => {
      onPassed?.(false);
      onErrors(error instanceof ApiError ? errorsByField(error.errors) : {});
    },
  });
  const steps = test.data?.steps ?? [];
  const failed = steps.find((step) => step.status === 'Failed');
  const outdated = tested !== now && (test.isSuccess || test.isError);
  return (
    <Panel
      title="Connection test"
      actions={<Button icon="play" busy={test.isPending} blocked={blocked} onClick={() => test.mutate()}>{test.data ? 'Test again' : 'Test connection'}</Button>}
    >
      <div aria-live="polite">
        {outdated && <p className="callout warn">The settings have changed since this test.</p>}
        {!test.data && !test.error && (
          <p className="muted">Reads the model and writes, reads back and deletes a small probe at the destination. Nothing is stored.</p>
        )}
        {test.error && <p className="callout">{test.error.message}</p>}
        {steps.length > 0 && (
          <ol className="steps">
            {steps.map((step) => (
              <li key={step.name} className={step.status}>
                <Icon name={step.status === 'Passed' ? 'check' : step.status === 'Failed' ? 'cross' : 'skip'} />
                <div>
                  <div className="strong">{step.description}<span className="visually-hidden">: {step.status}</span></div>
                  {step.status !== 'Failed' && (
                    <div className="small muted">{step.message || (step.status === 'Skipped' ? 'Skipped: an earlier step has to pass first' : 'Passed')}</div>
                  )}
                </div>
                {step.status === 'Failed' && (
                  <div className="callout">
                    <strong>{step.message}</strong>
                    {step.fix && <> {step.fix}</>}
                  </div>
                )}
              </li>
            ))}
          </ol>
        )}
        {steps.length > 0 && !failed && !outdated && <p className="callout ok">Everything works.</p>}
        {test.isSuccess && steps.length === 0 && <Empty title="Nothing to test" />}
      </div>
    </Panel>
  );
}
