import type { ReactNode } from 'react';

const PATHS = {
  exports: <path d="M3 6h9M9 3l3 3-3 3M13 10H4M7 7l-3 3 3 3" />,
  system: <><rect x="2.5" y="3" width="11" height="4" rx="1" /><rect x="2.5" y="9" width="11" height="4" rx="1" /><path d="M5 5h.01M5 11h.01" /></>,
  settings: <><circle cx="8" cy="8" r="2" /><path d="M8 1.8v1.7M8 12.5v1.7M1.8 8h1.7M12.5 8h1.7M3.6 3.6l1.2 1.2M11.2 11.2l1.2 1.2M12.4 3.6l-1.2 1.2M4.8 11.2l-1.2 1.2" /><circle cx="8" cy="8" r="4.5" /></>,
  book: <path d="M8 4c-1.5-1-3.5-1-5.5-.7v9C4.5 12 6.5 12 8 13c1.5-1 3.5-1 5.5-.7v-9C11.5 3 9.5 3 8 4Zm0 0v9" />,
  search: <><circle cx="7" cy="7" r="4.2" /><path d="m10.2 10.2 3.3 3.3" /></>,
  plus: <path d="M8 3v10M3 8h10" />,
  check: <path d="m3.5 8.5 3 3 6-7" />,
  cross: <path d="m4 4 8 8M12 4l-8 8" />,
  pause: <path d="M5.5 3.5v9M10.5 3.5v9" />,
  play: <path d="M4.5 3v10l8-5-8-5Z" />,
  retry: <path d="M13 8a5 5 0 1 1-1.6-3.7M13 2.5v3h-3" />,
  clock: <><circle cx="8" cy="8" r="5.5" /><path d="M8 5v3.2l2 1.3" /></>,
  ring: <path d="M8 2.5A5.5 5.5 0 1 1 2.5 8" />,
  history: <path d="M2.7 8a5.3 5.3 0 1 1 1.7 3.9M2.5 12.5v-3h3M8 5.2V8l2 1.2" />,
  dots: <path d="M3.5 8h.01M8 8h.01M12.5 8h.01" strokeWidth="2.6" />,
  out: <path d="M9.5 2.5h4v4M13.2 2.8 7.5 8.5M12 9.5v3.5H3V4h3.5" />,
  copy: <><rect x="5.5" y="5.5" width="8" height="8" rx="1.5" /><path d="M10.5 3.5v-.5a.5.5 0 0 0-.5-.5H3a.5.5 0 0 0-.5.5V10a.5.5 0 0 0 .5.5h.5" /></>,
  download: <path d="M8 2.5v7.5M5 7.5l3 3 3-3M3 13.5h10" />,
  terminal: <><rect x="2" y="3" width="12" height="10" rx="1.5" /><path d="m4.5 6 2 2-2 2M8.5 10.2h3" /></>,
  stop: <rect x="4" y="4" width="8" height="8" rx="1" />,
  trash: <path d="M3 4.5h10M6.5 4V2.5h3V4M4.5 4.5l.6 9h5.8l.6-9" />,
  edit: <path d="M3 13l.5-2.5 7-7 2 2-7 7L3 13Z" />,
  moon: <path d="M13 9.5A5.5 5.5 0 1 1 6.5 3a4.3 4.3 0 0 0 6.5 6.5Z" />,
  sun: <><circle cx="8" cy="8" r="2.8" /><path d="M8 1.5v1M8 13.5v1M1.5 8h1M13.5 8h1M3.4 3.4l.7.7M11.9 11.9l.7.7M12.6 3.4l-.7.7M4.1 11.9l-.7.7" /></>,
  warning: <path d="M8 2.5 14 13H2L8 2.5ZM8 6.5v3M8 11.3h.01" />,
  skip: <circle cx="8" cy="8" r="5.5" strokeDasharray="2.2 2.2" />,
  end: <path d="M4 3v10l6-5-6-5ZM12 3v10" />,
  leave: <path d="M6.5 13.5H3v-11h3.5M7 8h6.5M11 5.5 13.5 8 11 10.5" />,
  file: <path d="M4 2.5h5l3 3v8H4v-11ZM9 2.5v3h3" />,
} satisfies Record<string, ReactNode>;

export type IconName = keyof typeof PATHS;

export function Icon({ name, className = '' }: { name: IconName; className?: string }) {
  return (
    <svg className={`icon ${className}`} viewBox="0 0 16 16" aria-hidden="true">
      {PATHS[name]}
    </svg>
  );
}
