/** The controls of the UI. Mantine stands behind some of them, and is named in this folder alone. */
import { MantineProvider, Menu as MantineMenu, Modal as MantineModal, Tooltip } from '@mantine/core';
import { useMantineColorScheme } from '@mantine/core';
import { createContext, useCallback, useContext, useEffect, useId, useMemo, useRef, useState } from 'react';
import type { ButtonHTMLAttributes, ReactNode } from 'react';
import { ApiError } from '../api/client';
import { Icon } from './icons';
import type { IconName } from './icons';
import { theme } from './theme';

export function UiProvider({ children }: { children: ReactNode }) {
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto" withCssVariables={false} withGlobalClasses={false}>
      <Toasts>{children}</Toasts>
    </MantineProvider>
  );
}

export function useTheme(): { dark: boolean; toggle: () => void } {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const system = useMedia('(prefers-color-scheme: dark)');
  const dark = colorScheme === 'auto' ? system : colorScheme === 'dark';
  return { dark, toggle: () => setColorScheme(dark ? 'light' : 'dark') };
}

function useMedia(query: string): boolean {
  const [matches, setMatches] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const media = matchMedia(query);
    const listen = () => setMatches(media.matches);
    media.addEventListener('change', listen);
    return () => media.removeEventListener('change', listen);
  }, [query]);
  return matches;
}

export interface ButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'disabled'> {
  kind?: 'plain' | 'primary' | 'danger' | 'quiet';
  size?: 'small' | 'normal';
  icon?: IconName;
  /** Why it cannot be used now; the button stays reachable, so that everybody can read why. */
  blocked?: string | false | null;
  busy?: boolean;
  /** For a button without text. */
  label?: string;
}

export function Button({ kind = 'plain', size = 'normal', icon, blocked, busy, label, children, onClick, className = '', ...rest }: ButtonProps) {
  const button = (
    <button
      type="button"
      {...rest}
      className={`button ${kind} ${size} ${children === undefined ? 'icon-only' : ''} ${className}`}
      aria-disabled={blocked || busy ? true : undefined}
      aria-busy={busy || undefined}
      aria-label={label ?? rest['aria-label']}
      onClick={(event) => {
        if (blocked || busy) {
          event.preventDefault();
          return;
        }
        onClick?.(event);
      }}
    >
      {busy ? <Icon name="ring" className="spin" /> : icon && <Icon name={icon} />}
      {children}
    </button>
  );
  const hint = blocked || (children === undefined ? label : undefined);
  return hint ? <Hint text={hint}>{button}</Hint> : button;
}

export function Hint({ text, children }: { text: string; children: ReactNode }) {
  return (
    <Tooltip label={text} openDelay={200} events={{ hover: true, focus: true, touch: true }} multiline withinPortal>
      {children}
    </Tooltip>
  );
}

/** `explicit`: a click beside it does not close it, since what it holds would be lost. */
export function Modal({ title, opened, onClose, size = 'md', explicit = false, children }: { title: string; opened: boolean; onClose: () => void; size?: string | number; explicit?: boolean; children: ReactNode }) {
  return (
    <MantineModal
      opened={opened}
      onClose={onClose}
      closeOnClickOutside={!explicit}
      title={title}
      size={size}
      // Its scroll lock writes a style element, which the content security policy forbids.
      lockScroll={false}
      transitionProps={{ duration: 0 }}
      closeButtonProps={{ 'aria-label': 'Close' }}
      centered={false}
      yOffset="9vh"
    >
      {children}
    </MantineModal>
  );
}

/** Asks before something that cannot be taken back; says what happens. */
export function ConfirmDialog({ title, confirm, keep = 'Keep it', icon = 'trash', busy, error, onConfirm, onClose, children }: { title: string; confirm: string; keep?: string; icon?: IconName; busy: boolean; error: Error | null; onConfirm: () => void; onClose: () => void; children: ReactNode }) {
  return (
    <Modal title={title} opened onClose={onClose}>
      <div className="stack">
        {children}
        {error && <p className="callout" role="alert">{error.message}</p>}
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button data-autofocus onClick={onClose}>{keep}</Button>
          <Button kind="danger" className="filled" icon={icon} busy={busy} onClick={onConfirm}>{confirm}</Button>
        </div>
      </div>
    </Modal>
  );
}

export interface MenuEntry {
  label: string;
  icon?: IconName;
  danger?: boolean;
  blocked?: string | false | null;
  onSelect: () => void;
}

export function Menu({ label, entries, small = false }: { label: string; entries: MenuEntry[]; small?: boolean }) {
  return (
    <MantineMenu position="bottom-end" transitionProps={{ duration: 0 }} withinPortal>
      <MantineMenu.Target>
        <button type="button" className={`button icon-only ${small ? 'small quiet' : ''}`} aria-label={label}>
          <Icon name="dots" />
        </button>
      </MantineMenu.Target>
      <MantineMenu.Dropdown>
        {entries.map((entry) => (
          <MantineMenu.Item
            key={entry.label}
            leftSection={entry.icon && <Icon name={entry.icon} />}
            disabled={Boolean(entry.blocked)}
            title={entry.blocked || undefined}
            className={entry.danger ? 'danger' : undefined}
            onClick={entry.onSelect}
          >
            {entry.label}
          </MantineMenu.Item>
        ))}
      </MantineMenu.Dropdown>
    </MantineMenu>
  );
}

export function Segments<T extends string>({ label, value, options, onChange }: { label: string; value: T; options: { value: T; label: ReactNode }[]; onChange: (value: T) => void }) {
  const name = useId();
  return (
    <fieldset className="segments">
      <legend className="visually-hidden">{label}</legend>
      {options.map((option) => (
        <label key={option.value}>
          <input type="radio" name={name} checked={option.value === value} onChange={() => onChange(option.value)} />
          {option.label}
        </label>
      ))}
    </fieldset>
  );
}

export function SearchBox({ label, value, onChange, placeholder, shortcut }: { label: string; value: string; onChange: (value: string) => void; placeholder: string; shortcut?: boolean }) {
  return (
    <label className="search">
      <span className="visually-hidden">{label}</span>
      <Icon name="search" />
      <input
        type="search"
        value={value}
        placeholder={placeholder}
        data-shortcut={shortcut ? 'search' : undefined}
        onChange={(event) => onChange(event.target.value)}
      />
    </label>
  );
}

export function Panel({ title, actions, children, className = '', flush = false, level = 2 }: { title?: ReactNode; actions?: ReactNode; children: ReactNode; className?: string; flush?: boolean; level?: 2 | 3 }) {
  const Heading = level === 2 ? 'h2' : 'h3';
  return (
    <section className={`panel ${className}`}>
      {title !== undefined && (
        <header>
          <Heading>{title}</Heading>
          {actions && <div className="row wrap">{actions}</div>}
        </header>
      )}
      {flush ? children : <div className="body">{children}</div>}
    </section>
  );
}

export function Figures({ children }: { children: ReactNode }) {
  return <dl className="figures">{children}</dl>;
}

export function Figure({ name, value, note, tone = '' }: { name: string; value: ReactNode; note?: ReactNode; tone?: '' | 'ok' | 'bad' }) {
  return (
    <div className="figure">
      <dt>{name}</dt>
      <dd className={`value ${tone}`}>{value}</dd>
      {note !== undefined && <dd className="note">{note}</dd>}
    </div>
  );
}

export function Empty({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className="empty">
      <h2>{title}</h2>
      {children && <p>{children}</p>}
      {action}
    </div>
  );
}

export function Loading({ what }: { what: string }) {
  return (
    <div className="loading" role="status">
      Loading {what} …
    </div>
  );
}

/** Says what went wrong in the server's words, and what to do next. */
export function Failure({ error, what, onRetry }: { error: unknown; what: string; onRetry?: () => void }) {
  const api = error instanceof ApiError ? error : null;
  const next = api?.isOffline
    ? 'It is tried again by itself; if this lasts, see whether the server is running and reachable.'
    : api?.status === 404
      ? 'It may have been deleted, or the link is for another project.'
      : api?.status === 403
        ? 'Sign in with a token that allows it.'
        : 'Try again; if it fails again, the log of the server says why.';
  return (
    <Empty title={`${what} cannot be shown`} action={onRetry && <Button icon="retry" onClick={onRetry}>Try again</Button>}>
      {api?.message ?? 'Something unexpected happened.'} {next}
    </Empty>
  );
}

export function Progress({ part, total, label, ok = false }: { part: number; total: number; label: string; ok?: boolean }) {
  const share = total > 0 ? Math.min(1, part / total) : 0;
  return (
    <div className={`bar ${ok ? 'ok' : ''}`} role="progressbar" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(share * 100)}>
      <i style={{ width: `${share * 100}%` }} />
    </div>
  );
}

export function Field({ label, hint, error, required, wide, children }: { label: string; hint?: ReactNode; error?: string; required?: boolean; wide?: boolean; children: (props: { id: string; 'aria-describedby': string | undefined; 'aria-invalid': boolean | undefined; 'aria-required': boolean | undefined }) => ReactNode }) {
  const id = useId();
  const described = [hint ? `${id}-hint` : '', error ? `${id}-error` : ''].filter(Boolean).join(' ') || undefined;
  return (
    <div className={`field ${wide ? 'wide' : ''}`}>
      <label htmlFor={id}>
        {label}
        {required && <span className="required" aria-hidden="true"> *</span>}
      </label>
      {children({ id, 'aria-describedby': described, 'aria-invalid': error ? true : undefined, 'aria-required': required || undefined })}
      {hint && <p className="hint" id={`${id}-hint`}>{hint}</p>}
      {error && (
        <p className="error" id={`${id}-error`}>
          <span aria-hidden="true">✕</span> {error}
        </p>
      )}
    </div>
  );
}

export function Code({ text, label }: { text: string; label: string }) {
  return (
    <div className="row" role="group" aria-label={label}>
      <pre className="code grow" tabIndex={0}>{text}</pre>
      <CopyButton text={text} label={`Copy ${label}`} />
    </div>
  );
}

export function CopyButton({ text, label, kind, size, children }: { text: string; label: string; kind?: ButtonProps['kind']; size?: ButtonProps['size']; children?: ReactNode }) {
  const [copied, setCopied] = useState(false);
  const toast = useToast();
  return (
    <Button
      kind={kind}
      size={size}
      icon={copied ? 'check' : 'copy'}
      label={children === undefined ? label : undefined}
      onClick={() => {
        navigator.clipboard.writeText(text).then(
          () => {
            setCopied(true);
            setTimeout(() => setCopied(false), 1500);
          },
          () => toast('The browser does not allow copying here: select the text instead.', 'bad'),
        );
      }}
    >
      {children}
    </Button>
  );
}

type Tone = 'ok' | 'bad';
const ToastContext = createContext<(text: string, tone?: Tone) => void>(() => undefined);

export function useToast() {
  return useContext(ToastContext);
}

function Toasts({ children }: { children: ReactNode }) {
  const [toasts, setToasts] = useState<{ id: number; text: string; tone: Tone }[]>([]);
  const next = useRef(0);
  const dismiss = useCallback((id: number) => setToasts((all) => all.filter((toast) => toast.id !== id)), []);
  const add = useCallback(
    (text: string, tone: Tone = 'ok') => {
      const id = next.current++;
      setToasts((all) => [...all.slice(-2), { id, text, tone }]);
      setTimeout(() => dismiss(id), tone === 'bad' ? 12_000 : 5_000);
    },
    [dismiss],
  );
  return (
    <ToastContext.Provider value={useMemo(() => add, [add])}>
      {children}
      <div className="toasts" role="status" aria-live="polite">
        {toasts.map((toast) => (
          <div key={toast.id} className={`toast ${toast.tone}`}>
            <Icon name={toast.tone === 'ok' ? 'check' : 'warning'} />
            <span className="grow">{toast.text}</span>
            <Button kind="quiet" size="small" icon="cross" label="Dismiss" onClick={() => dismiss(toast.id)} />
          </div>
        ))}
      </div>
    </ToastContext.Provider>
  );
}
