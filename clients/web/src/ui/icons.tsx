/** Line icons on a 24-unit grid. They are hidden from screen readers: the button around an icon has the label. */
import type { ReactNode } from "react";

export interface IconProps {
  className?: string;
}

function icon(content: ReactNode, filled = false) {
  // biome-ignore lint/correctness/noComponentHookFactories: called once per icon, when this file is loaded
  return function Icon({ className = "size-6" }: IconProps) {
    return (
      <svg
        viewBox="0 0 24 24"
        className={`shrink-0 ${className}`}
        aria-hidden="true"
        focusable="false"
        fill={filled ? "currentColor" : "none"}
        stroke={filled ? "none" : "currentColor"}
        strokeWidth="1.9"
        strokeLinecap="round"
        strokeLinejoin="round"
      >
        {content}
      </svg>
    );
  };
}

export const GlobeIcon = icon(
  <>
    <circle cx="12" cy="12" r="8.5" />
    <path d="M3.5 12h17M12 3.5c5 5 5 12 0 17M12 3.5c-5 5-5 12 0 17" />
  </>,
);
export const PlayIcon = icon(
  <path d="M8 5.2a1 1 0 0 1 1.53-.85l10.6 6.8a1 1 0 0 1 0 1.7l-10.6 6.8A1 1 0 0 1 8 18.8z" />,
  true,
);
export const PauseIcon = icon(
  <>
    <rect x="6" y="4.5" width="4" height="15" rx="1.2" />
    <rect x="14" y="4.5" width="4" height="15" rx="1.2" />
  </>,
  true,
);
export const ChaptersIcon = icon(
  <>
    <path d="M9 6h11M9 12h11M9 18h11" />
    <path d="M4 5v2M4 11v2M4 17v2" />
  </>,
);
export const ReplayIcon = icon(
  <>
    <path d="M4 12a8 8 0 1 0 2.6-5.9" />
    <path d="M7.2 2.6 6.4 6.4l3.8.7" />
  </>,
);
export const Back10Icon = icon(
  <>
    <path d="M4 12.5a8 8 0 1 0 2.6-5.9" />
    <path d="M7.2 3.1 6.4 6.9l3.8.7" />
    <path d="M9.4 10.6v5.2M8.2 11.4l1.2-.8" strokeWidth="1.5" />
    <rect x="12" y="10.6" width="3.4" height="5.2" rx="1.7" strokeWidth="1.5" />
  </>,
);
export const Forward10Icon = icon(
  <>
    <path d="M20 12.5a8 8 0 1 1-2.6-5.9" />
    <path d="m16.8 3.1.8 3.8-3.8.7" />
    <path d="M9.4 10.6v5.2M8.2 11.4l1.2-.8" strokeWidth="1.5" />
    <rect x="12" y="10.6" width="3.4" height="5.2" rx="1.7" strokeWidth="1.5" />
  </>,
);
export const VolumeIcon = icon(
  <>
    <path d="M4 9.5v5h3.2l4.3 3.6V5.9L7.2 9.5z" fill="currentColor" />
    <path d="M15 9a4.2 4.2 0 0 1 0 6M17.6 6.3a8 8 0 0 1 0 11.4" />
  </>,
);
export const MutedIcon = icon(
  <>
    <path d="M4 9.5v5h3.2l4.3 3.6V5.9L7.2 9.5z" fill="currentColor" />
    <path d="m15.5 9.5 5 5M20.5 9.5l-5 5" />
  </>,
);
export const SettingsIcon = icon(
  <>
    <path d="M4 7h9M17.5 7H20M4 17h2.5M11 17h9" />
    <circle cx="15.2" cy="7" r="2.2" />
    <circle cx="8.8" cy="17" r="2.2" />
  </>,
);
export const AudioIcon = icon(
  <>
    <path d="M5 5.5h14a1.5 1.5 0 0 1 1.5 1.5v8a1.5 1.5 0 0 1-1.5 1.5h-6L8.5 20v-3.5H5A1.5 1.5 0 0 1 3.5 15V7A1.5 1.5 0 0 1 5 5.5z" />
    <path d="M8.5 10v2M12 9v4M15.5 10v2" />
  </>,
);
export const SubtitlesIcon = icon(
  <>
    <rect x="3" y="5" width="18" height="14" rx="2.2" />
    <path d="M6.8 12h4M14 12h3.2M6.8 15.4h6.4M16.4 15.4h.8" />
  </>,
);
export const FullscreenIcon = icon(<path d="M4 9V4.8h4.8M15.2 4.8H20V9M20 15v4.2h-4.8M8.8 19.2H4V15" />);
export const LeaveFullscreenIcon = icon(<path d="M8.8 4.8V9H4M20 9h-4.8V4.8M15.2 19.2V15H20M4 15h4.8v4.2" />);
export const CheckIcon = icon(<path d="m5 12.8 4.6 4.4L19 7.4" />);
export const CloseIcon = icon(<path d="m6 6 12 12M18 6 6 18" />);
export const PlusIcon = icon(<path d="M12 5v14M5 12h14" />);
export const BackIcon = icon(<path d="M19 12H5.5M11 6l-6 6 6 6" />);
export const UpIcon = icon(<path d="M12 19V5.5M6 11l6-6 6 6" />);
export const DownIcon = icon(<path d="M12 5v13.5M6 13l6 6 6-6" />);
export const MenuIcon = icon(<path d="M4 7h16M4 12h16M4 17h16" />);
export const SearchIcon = icon(
  <>
    <circle cx="10.5" cy="10.5" r="6" />
    <path d="m15 15 4.8 4.8" />
  </>,
);
export const DownloadIcon = icon(
  <path d="M12 4.2v11.3M7.5 11.3l4.5 4.5 4.5-4.5M4.5 15v3A1.8 1.8 0 0 0 6.3 20h11.4a1.8 1.8 0 0 0 1.8-1.8V15" />,
);
export const UploadIcon = icon(
  <path d="M12 15.5V4.5M7.5 8.7 12 4.2l4.5 4.5M4.5 15v3A1.8 1.8 0 0 0 6.3 20h11.4a1.8 1.8 0 0 0 1.8-1.8V15" />,
);
export const FilmIcon = icon(
  <>
    <rect x="3.5" y="5" width="17" height="14" rx="2" />
    <path d="M8 5v14M16 5v14M3.5 9.7H8M3.5 14.3H8M16 9.7h4.5M16 14.3h4.5" />
  </>,
);
export const AlertIcon = icon(
  <>
    <path d="M12 4.2 21 19.5H3z" />
    <path d="M12 10v4M12 16.8h.01" />
  </>,
);
export const NoSignalIcon = icon(
  <>
    <path d="M3.5 9.5a12 12 0 0 1 17 0M6.5 12.8a7.8 7.8 0 0 1 11 0M9.5 16a3.6 3.6 0 0 1 5 0" opacity="0.55" />
    <path d="M12 19.2h.01M4.5 4.5l15 15" />
  </>,
);
export const EditIcon = icon(
  <path d="m4.5 19.5.8-3.8L15.9 5.1a1.6 1.6 0 0 1 2.3 0l.7.7a1.6 1.6 0 0 1 0 2.3L8.3 18.7z" />,
);
export const LinkIcon = icon(
  <path d="M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.7-5.7l-1.2 1.2M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.7 5.7l1.2-1.2" />,
);
export const EyeIcon = icon(
  <>
    <path d="M2.5 12S6 5.8 12 5.8 21.5 12 21.5 12 18 18.2 12 18.2 2.5 12 2.5 12z" />
    <circle cx="12" cy="12" r="2.8" />
  </>,
);
export const ForwardIcon = icon(<path d="m9.5 5.5 6.5 6.5-6.5 6.5" />);
export const BackwardIcon = icon(<path d="M14.5 5.5 8 12l6.5 6.5" />);
export const HomeIcon = icon(
  <path d="M4 11.2 12 4.5l8 6.7V19a1 1 0 0 1-1 1h-4.5v-5.5h-5V20H5a1 1 0 0 1-1-1z" />,
);
export const BookmarkIcon = icon(<path d="M6.5 4.5h11v15l-5.5-4-5.5 4z" />);
export const BookmarkedIcon = icon(<path d="M6.5 4.5h11v15l-5.5-4-5.5 4z" />, true);
export const PersonIcon = icon(
  <>
    <circle cx="12" cy="8.2" r="3.7" />
    <path d="M4.8 19.8c.9-3.6 3.7-5.4 7.2-5.4s6.3 1.8 7.2 5.4" />
  </>,
);
export const ShareIcon = icon(<path d="M12 14.5V4.2M8 7.7l4-3.7 4 3.7M6 11.5v7h12v-7" />);
export const ClockIcon = icon(
  <>
    <circle cx="12" cy="12" r="8" />
    <path d="M12 7.5V12l3.2 2" />
  </>,
);
export const FilterIcon = icon(<path d="M4 6.5h16M7 12h10M10 17.5h4" />);
export const LockIcon = icon(
  <>
    <rect x="5" y="10.5" width="14" height="9" rx="2" />
    <path d="M8.5 10.5V8a3.5 3.5 0 0 1 7 0v2.5" />
  </>,
);
