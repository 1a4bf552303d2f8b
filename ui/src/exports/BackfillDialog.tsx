import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { ApiError, call } from '../api/client';
import type { Backfill, BackfillPlan, BatchExport } from '../api/client';
import { errorsByField, fromLocal, toLocal } from '../form/draft';
import { bytes, compact, count, interval as showInterval, plural } from '../time/format';
import { floor, previous, typicalLength } from '../time/grid';
import { Button, Code, Field, Modal, Progress, useToast } from '../ui/kit';
import { backfillCommand, gridOf } from './describe';

interface Props {
  project: number;
  batchExport: BatchExport;
  /** What was chosen elsewhere. */
  start?: string;
  end?: string;
  scope?: 'all' | 'gaps';
  onClose: () => void;
  onStarted: (backfill: Backfill) => void;
}

const DAY = 86_400_000;

type Plan = BackfillPlan & { notes?: { code: string; message: string }[]; empty_runs?: number | null };

export function BackfillDialog({ project, batchExport, start, end, scope: wantedScope = 'all', onClose, onStarted }: Props) {
  const grid = gridOf(batchExport);
  const zone = batchExport.timezone;
  const lastEnd = floor(grid, Date.now());
  const span = Math.max(typicalLength(batchExport.interval), DAY);
  const [from, setFrom] = useState(() => toLocal(start ?? new Date(floor(grid, lastEnd - span)).toISOString(), zone));
  const [to, setTo] = useState(() => toLocal(end ?? new Date(lastEnd).toISOString(), zone));
  const [exact, setExact] = useState<{ start?: string; end?: string } | null>(start || end ? { start, end } : null);
  const [earliest, setEarliest] = useState(false);
  const [scope, setScope] = useState<'all' | 'gaps'>(wantedScope);
  const [concurrency, setConcurrency] = useState('2');
  const queries = useQueryClient();
  const toast = useToast();

  const body = {
    start_at: earliest ? null : (exact?.start ?? fromLocal(from, zone)),
    end_at: exact?.end ?? fromLocal(to, zone),
    scope,
    concurrency: Number(concurrency) || 1,
  };
  const complete = (earliest || body.start_at !== null) && body.end_at !== null;
  const asked = useDelayed(JSON.stringify(body), 350);
  const path = `/api/projects/${project}/batch_exports/${batchExport.id}/backfills/`;
  const plan = useQuery({
    queryKey: ['plan', batchExport.id, asked],
    queryFn: ({ signal }) => call<Plan>('POST', `${path}plan/`, JSON.parse(asked), signal),
    enabled: complete,
    retry: false,
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  });
  const submit = useMutation({
    mutationFn: () => call<Backfill>('POST', path, body),
    onSuccess: (backfill) => {
      toast('The backfill has started.');
      void queries.invalidateQueries({ queryKey: ['backfills', batchExport.id] });
      onStarted(backfill);
    },
  });

  const problem = submit.error ?? plan.error;
  const errors = problem instanceof ApiError ? errorsByField(problem.errors) : {};
  const known = plan.data;
  const current = asked === JSON.stringify(body) && !plan.isFetching && !plan.isError;

  const preset = (days: number) => {
    const days_ = days * DAY;
    setExact(null);
    setEarliest(false);
    setFrom(toLocal(new Date(floor(grid, lastEnd - days_)).toISOString(), zone));
    setTo(toLocal(new Date(lastEnd).toISOString(), zone));
  };

  return (
    <Modal title={`Create historic export · ${batchExport.name}`} opened onClose={onClose} size={760}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (current && known && known.runs > 0) {
            submit.mutate();
          }
        }}
      >
        <div className="row wrap" role="group" aria-label="Presets">
          <Button size="small" data-autofocus onClick={() => {
            setExact(null);
            setEarliest(false);
            setFrom(toLocal(new Date(previous(grid, lastEnd)).toISOString(), zone));
            setTo(toLocal(new Date(lastEnd).toISOString(), zone));
          }}>Last interval</Button>
          {[1, 2, 7, 30, 90].map((days) => <Button key={days} size="small" onClick={() => preset(days)}>{days === 1 ? '24 hours' : `${days} days`}</Button>)}
          <Button size="small" aria-pressed={earliest} onClick={() => setEarliest(!earliest)}>{earliest ? '✓ ' : ''}From the earliest data</Button>
        </div>
        <div className="fields">
          <Field label={`Start, ${zone}`} error={errors['start_at']} hint={earliest ? 'Where the data begins.' : 'Snapped to the interval that holds it.'}>
            {(props) => <input {...props} type="datetime-local" disabled={earliest} value={earliest ? '' : from} onChange={(event) => { setExact((now) => now && { ...now, start: undefined }); setFrom(event.target.value); }} />}
          </Field>
          <Field label={`End, ${zone}`} error={errors['end_at']} hint="Not in the future.">
            {(props) => <input {...props} type="datetime-local" value={to} onChange={(event) => { setExact((now) => now && { ...now, end: undefined }); setTo(event.target.value); }} />}
          </Field>
          <fieldset className="stack tight">
            <legend className="strong" style={{ marginBottom: 4 }}>Which intervals</legend>
            <label className="choice">
              <input type="radio" name="scope" checked={scope === 'all'} onChange={() => setScope('all')} />
              <span>Every interval<span className="hint"><br />Exports again what was exported: files are replaced{batchExport.rerun_mode === 'append' ? ', tables get the rows again' : ''}.</span></span>
            </label>
            <label className="choice">
              <input type="radio" name="scope" checked={scope === 'gaps'} onChange={() => setScope('gaps')} />
              <span>Gaps only<span className="hint"><br />Failed and missing intervals.</span></span>
            </label>
          </fieldset>
          <Field label="Runs at once" error={errors['concurrency']} hint="Scheduled runs keep their priority.">
            {(props) => <input {...props} inputMode="numeric" value={concurrency} onChange={(event) => setConcurrency(event.target.value)} />}
          </Field>
        </div>
        <div aria-live="polite" aria-busy={!current} className="stack tight">
          {problem && Object.keys(errors).length === 0 && <p className="callout">{problem.message}</p>}
          {known && !plan.isError && (
            <>
              <dl className="plan" style={{ opacity: current ? 1 : 0.6 }}>
                <div><dt>Runs</dt><dd>{count(known.runs)}</dd></div>
                <div><dt>Rows</dt><dd>≈ {compact(known.rows ?? 0)}</dd></div>
                <div><dt>Before encoding</dt><dd>≈ {bytes(known.bytes ?? 0)}</dd></div>
                <div><dt>Exported already</dt><dd>{count(known.already_completed)} of {count(known.intervals)}</dd></div>
              </dl>
              {known.intervals > 0 && <Progress ok part={known.already_completed} total={known.intervals} label="Intervals that are exported already" />}
              <p className="muted small">
                {known.start_at ? `${plural(known.intervals, 'whole interval')}: ${showInterval(Date.parse(known.start_at), Date.parse(known.end_at), zone)}.` : `${plural(known.intervals, 'interval')}.`}{' '}
                {known.notes?.map((note) => note.message).join(' ')}
              </p>
            </>
          )}
          {!known && !plan.isError && complete && <p className="muted">Planning …</p>}
        </div>
        {body.end_at && <Code label="the command" text={backfillCommand(batchExport.name, body.start_at && brief(body.start_at), brief(body.end_at), scope, body.concurrency)} />}
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button onClick={onClose}>Close</Button>
          <Button
            type="submit"
            kind="primary"
            icon="history"
            busy={submit.isPending}
            blocked={!complete ? 'Give a start and an end.' : !current ? 'Wait for the plan.' : known?.runs === 0 && 'There is nothing to export in this range.'}
          >
            {current && known ? `Start ${plural(known.runs, 'run')}` : 'Start'}
          </Button>
        </div>
      </form>
    </Modal>
  );
}

const brief = (time: string) => time.replace('.000Z', 'Z');

function useDelayed<T>(value: T, milliseconds: number): T {
  const [delayed, setDelayed] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setDelayed(value), milliseconds);
    return () => clearTimeout(timer);
  }, [value, milliseconds]);
  return delayed;
}
