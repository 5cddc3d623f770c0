#!/bin/sh
# A child that violates the protocol. The name of the program selects its behaviour; its standard output is the socket.
# A protocol frame is a little-endian length, a kind and a payload. Kinds: 4 init segment, 5 segment, 7 end, 10 sheet, 14 subtitles.
init() { printf '\021\0\0\0\004\004%s\006avc1.6moovX' "$1"; }
# The clip's only segment has 132 frames of 512 ticks.
bare_segment() { printf '\025\0\0\0\005\004%s\001\0\0\0\0\010\001\0\0\0\0\0moof' "$1"; }
# One sample of four bytes.
segment() {
  printf '\125\0\0\0\005\004%s\001\0\0\0'"${2:-\\0\\010\\001\\0\\0\\0\\0\\0}" "$1"
  printf '\0\0\0\070moof\0\0\0\060traf\0\0\0\020tfhd\0\002\0\0\0\0\0\001'
  printf '\0\0\0\030trun\0\0\002\001\0\0\0\001\0\0\0\100\0\0\0\004\0\0\0\014mdatABCD'
}
# A report of damage from 100 ms on, for this number of milliseconds (four digits).
damage() { printf '\111\0\0\0\015{"total_ms":%s,"count":1,"places":[{"from_ms":100,"duration_ms":%s}]}' "$1" "$1"; }
case ${0##*/} in
unknown-kind) printf '\0\0\0\0\115' ;;
huge-frame) printf '\377\377\377\377\005' ;;
huge-read) printf '\014\0\0\0\001\0\0\0\0\0\0\0\0\0\0\0\177' ;;
foreign-rendition) segment v999 ;;
traversal) segment ../x ;;
uncalled-facts) printf '\002\0\0\0\006{}' ;;
foreign-subtitles) printf '\007\0\0\0\016\005\0\0\0\0ab' ;;
segment-before-init) segment v360 ;;
init-twice) init v360 && init v360 ;;
no-frame) init v360 && bare_segment v360 ;;
long-segment) init v360 && segment v360 '\377\377\377\377\377\377\377\177' ;;
short-segment) init v360 && segment v360 '\001\0\0\0\0\0\0\0' ;;
progress-too-far) printf '\010\0\0\0\003\205\0\0\0\0\0\0\0' ;;
progress-back) printf '\010\0\0\0\003\062\0\0\0\0\0\0\0\010\0\0\0\003\061\0\0\0\0\0\0\0' ;;
segment-twice) init v360 && segment v360 && segment v360 ;;
sheet-twice) printf '\002\0\0\0\012ab' && printf '\002\0\0\0\012ab' ;;
empty-sheet) printf '\0\0\0\0\012' ;;
no-sheet) init v360 && segment v360 && printf '\0\0\0\0\007' ;;
bad-damage) printf '\002\0\0\0\015{}' ;;
empty-damage) printf '\044\0\0\0\015{"total_ms":0,"count":0,"places":[]}' ;;
foreign-damage) damage 9999 ;;
damage-twice) damage 1000 && damage 1000 ;;
other-libraries) printf '\002\0\0\0\013{}' ;;
bad-libraries) printf '\002\0\0\0\013[]' ;;
early-end) printf '\0\0\0\0\007' ;;
bad-facts) printf '\007\0\0\0\006garbage\0\0\0\0\007' ;;
no-facts) printf '\0\0\0\0\007' ;;
chatter) while :; do printf '\010\0\0\0\002\0\0\0\0\0\0\0\0'; done ;;
half-a-frame) printf '\014\0\0' && exec sleep 60 ;;
silent) exec sleep 60 ;;
closed-socket) exec >&- && exec sleep 60 ;;
early-exit) echo 'out of luck' >&2 && exit 3 ;;
long-refusal) printf '\0\020\0\0\010' && head -c 4096 /dev/zero | tr '\0' '\033' ;;
esac
