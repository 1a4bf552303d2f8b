import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useMemo, useRef, useState } from 'react';
import { ApiError, call } from '../../api/client';
import type { BatchExport, DestinationType } from '../../api/client';
import { difference, fileOf, readFile } from '../../exports/file';
import type { FieldChange, FileProblem } from '../../exports/file';
import { plural } from '../../time/format';
import { Button, Code, CopyButton, Panel, useToast } from '../../ui/kit';

/** An export as the file that `bx apply -f` takes: read, changed and applied here. */
export function YamlView({ project, batchExport, types, blocked }: { project: number; batchExport: BatchExport; types: DestinationType[]; blocked: string | false }) {
  const queries = useQueryClient();
  const toast = useToast();
  const area = useRef<HTMLTextAreaElement>(null);
  const stored = useMemo(() => fileOf(batchExport), [batchExport]);
  const [edited, setEdited] = useState<string | null>(null);
  const text = edited ?? stored;
  const file = useMemo(() => readFile(text), [text]);
  const { changes, patch } = useMemo(
    () => (file.document === null ? { changes: [], patch: {} } : difference(batchExport, file.document, (type) => types.find((one) => one.type === type)?.secret_fields ?? [])),
    [batchExport, file, types],
  );
  const apply = useMutation({
    mutationFn: () => call<BatchExport>('PATCH', `/api/projects/${project}/batch_exports/${batchExport.id}/`, patch),
    onSuccess: (changed) => {
      queries.setQueryData(['export', batchExport.id], changed);
      void queries.invalidateQueries();
      setEdited(null);
      toast(['Applied. The next run uses it.', ...changed.effects].join(' '));
    },
  });
  const refused: FileProblem[] = apply.error
    ? apply.error instanceof ApiError && apply.error.errors.length > 0
      ? apply.error.errors.map(({ pointer, message }) => ({ line: file.lineOf(pointer), message: `${pointer.slice(1).replaceAll('/', '.')} ${message}` }))
      : [{ line: null, message: apply.error.message }]
    : [];
  const problems = file.problems.length > 0 ? file.problems : refused;
  const nothing = file.problems.length > 0 ? 'Mend what is marked first.' : Object.keys(patch).length === 0 && 'Nothing has changed.';
  const change = (next: string | null) => {
    setEdited(next);
    apply.reset();
  };
  const goTo = (line: number) => {
    const lines = text.split('\n');
    const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
    area.current?.focus();
    area.current?.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
  };

  return (
    <div className="wizard">
      <Panel
        flush
        title="As a file for bx apply"
        actions={
          <>
            <CopyButton text={text} label="Copy the file">Copy</CopyButton>
            <Button blocked={edited === null && 'Nothing has changed.'} onClick={() => change(null)}>Discard</Button>
            <Button kind="primary" icon="check" busy={apply.isPending} blocked={blocked || nothing} onClick={() => apply.mutate()}>Apply</Button>
          </>
        }
      >
        <textarea
          ref={area}
          className="editor"
          aria-label="The export as YAML"
          aria-describedby="yaml-changes"
          aria-invalid={problems.length > 0 || undefined}
          spellCheck={false}
          autoComplete="off"
          wrap="off"
          readOnly={Boolean(blocked)}
          rows={Math.max(16, text.split('\n').length + 1)}
          value={text}
          onChange={(event) => change(event.target.value)}
        />
      </Panel>
      <div className="aside">
        <Panel title={problems.length > 0 ? 'What is wrong' : 'What applying it changes'}>
          <div id="yaml-changes" aria-live="polite">
            {problems.length > 0 ? (
              <ul className="stack tight">
                {problems.map((problem, index) => (
                  <li key={index} className="callout">
                    {problem.line !== null && <button type="button" className="link" onClick={() => goTo(problem.line!)}>Line {problem.line}</button>} {problem.message}
                  </li>
                ))}
              </ul>
            ) : changes.length === 0 ? (
              <p className="muted">Nothing yet. Fields that are left out stay as they are, secrets too; null takes one back to its default.</p>
            ) : (
              <>
                <p className="muted" style={{ marginBottom: 8 }}>{plural(changes.length, 'field')}; the next run uses it.</p>
                <ul className="stack tight">{changes.map((one) => <Change key={one.path} change={one} />)}</ul>
                {'name' in patch && <p className="callout warn" style={{ marginTop: 8 }}>It is renamed here; bx apply, which finds exports by their names, would create another one.</p>}
              </>
            )}
          </div>
        </Panel>
        <Panel title="The same on the command line">
          <div className="stack tight">
            <p className="muted">With the file as <code>export.yaml</code>, for example from a repository:</p>
            <Code text="bx apply -f export.yaml" label="the command" />
            <p className="muted"><code>--dry-run</code> shows what would change. There <code>{'${NAME}'}</code> stands for a variable of the environment, so that a file holds no secret.</p>
          </div>
        </Panel>
      </div>
    </div>
  );
}

function Change({ change }: { change: FieldChange }) {
  return (
    <li style={{ overflowWrap: 'anywhere' }}>
      <div className="strong">{change.path}</div>
      <div className="mono">{change.secret ? 'is set anew' : <><span className="muted">{shown(change.from)} →</span> {shown(change.to)}</>}</div>
    </li>
  );
}

function shown(value: unknown): string {
  return value === null || value === undefined ? 'default' : typeof value === 'string' ? value : JSON.stringify(value);
}
