import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { overviewQuery } from '../api/queries';
import { location, modelName } from '../exports/describe';
import { Icon } from '../ui/icons';
import type { IconName } from '../ui/icons';
import { Modal, useTheme } from '../ui/kit';

interface Entry {
  text: string;
  detail: string;
  kind: string;
  icon: IconName;
  go: () => void;
}

export function Palette({ opened, onClose, project }: { opened: boolean; onClose: () => void; project: number }) {
  return (
    <Modal title="Search or jump to" opened={opened} onClose={onClose} size={560}>
      <Search project={project} onClose={onClose} />
    </Modal>
  );
}

function Search({ project, onClose }: { project: number; onClose: () => void }) {
  const overview = useQuery(overviewQuery(project));
  const navigate = useNavigate();
  const { dark, toggle } = useTheme();
  const [text, setText] = useState('');
  const [chosen, setChosen] = useState(0);

  const entries = useMemo<Entry[]>(() => {
    const projectId = String(project);
    const pages: Entry[] = [
      { text: 'Exports', detail: '', kind: 'Page', icon: 'exports', go: () => void navigate({ to: '/projects/$projectId/exports', params: { projectId } }) },
      { text: 'New export', detail: '', kind: 'Action', icon: 'plus', go: () => void navigate({ to: '/projects/$projectId/exports/new', params: { projectId } }) },
      { text: 'Exports that need attention', detail: '', kind: 'Page', icon: 'warning', go: () => void navigate({ to: '/projects/$projectId/exports', params: { projectId }, search: { show: 'attention' } }) },
      { text: 'System', detail: 'components, workers, task queues', kind: 'Page', icon: 'system', go: () => void navigate({ to: '/system' }) },
      { text: 'API tokens', detail: 'settings', kind: 'Page', icon: 'settings', go: () => void navigate({ to: '/projects/$projectId/settings/{-$tab}', params: { projectId, tab: undefined } }) },
      { text: 'Webhooks', detail: 'settings', kind: 'Page', icon: 'settings', go: () => void navigate({ to: '/projects/$projectId/settings/{-$tab}', params: { projectId, tab: 'webhooks' } }) },
      { text: dark ? 'Light theme' : 'Dark theme', detail: '', kind: 'Action', icon: dark ? 'sun' : 'moon', go: toggle },
    ];
    const found = (overview.data?.exports ?? []).map<Entry>((item) => ({
      text: item.name,
      detail: `${modelName(item.model)} → ${location(item.destination_type, item.destination_config)}`,
      kind: 'Export',
      icon: 'exports',
      go: () => void navigate({ to: '/projects/$projectId/exports/$exportId/{-$tab}', params: { projectId, exportId: item.id } }),
    }));
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    return [...pages, ...found]
      .filter((entry) => words.every((word) => `${entry.text} ${entry.detail}`.toLowerCase().includes(word)))
      .slice(0, 50);
  }, [overview.data, navigate, project, text, dark, toggle]);

  const at = Math.min(chosen, Math.max(0, entries.length - 1));
  const go = (entry: Entry | undefined) => {
    if (entry) {
      onClose();
      entry.go();
    }
  };

  return (
    <>
      <input
        className="native"
        style={{ width: '100%' }}
        data-autofocus
        role="combobox"
        aria-expanded="true"
        aria-controls="palette"
        aria-activedescendant={entries.length ? `palette-${at}` : undefined}
        aria-label="Search"
        placeholder="An export, a page, an action"
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setChosen(0);
        }}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
            event.preventDefault();
            const next = at + (event.key === 'ArrowDown' ? 1 : -1);
            const wrapped = (next + entries.length) % Math.max(1, entries.length);
            setChosen(wrapped);
            document.getElementById(`palette-${wrapped}`)?.scrollIntoView({ block: 'nearest' });
          } else if (event.key === 'Enter') {
            event.preventDefault();
            go(entries[at]);
          }
        }}
      />
      <div className="palette-list" role="listbox" id="palette" aria-label="Found">
        {entries.map((entry, index) => (
          <div
            key={`${entry.kind}/${entry.text}/${index}`}
            id={`palette-${index}`}
            role="option"
            aria-selected={index === at}
            onMouseMove={() => setChosen(index)}
            onClick={() => go(entry)}
          >
            <Icon name={entry.icon} />
            <span className="clip"><span className="strong">{entry.text}</span> <span className="muted small">{entry.detail}</span></span>
            <span className="kind">{entry.kind}</span>
          </div>
        ))}
        {entries.length === 0 && <p className="muted" style={{ padding: 10 }}>Nothing is called that.</p>}
      </div>
    </>
  );
}
