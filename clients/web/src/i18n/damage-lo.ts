import type { damageEn } from "./damage-en";

/** The Lao texts of the editors' pages about damage. */
export const damageLo: typeof damageEn = {
  heldTitle: "ພ້ອມແລ້ວ ແຕ່ມີບ່ອນເສຍ: ທ່ານຕ້ອງຕັດສິນໃຈ",
  heldText: "ແປງໄຟລ໌ໜັງແລ້ວ ແຕ່ມີບາງຕອນຂອງຕົ້ນສະບັບທີ່ອ່ານບໍ່ໄດ້. ຢູ່ຕອນນັ້ນ ພາບຈະຄ້າງ ຫຼື ບໍ່ມີສຽງ. ຜູ້ຊົມຈະຍັງບໍ່ເຫັນ ຈົນກວ່າທ່ານຈະເຜີຍແຜ່.",
  heldDubTitle: "ສຽງພາກມີບ່ອນເສຍ: ທ່ານຕ້ອງຕັດສິນໃຈ",
  heldDubText: "ແປງໄຟລ໌ສຽງພາກແລ້ວ ແຕ່ມີບາງຕອນຂອງໄຟລ໌ທີ່ອ່ານບໍ່ໄດ້. ຢູ່ຕອນນັ້ນບໍ່ມີສຽງ. ຜູ້ຊົມຈະຍັງບໍ່ໄດ້ຍິນ ຈົນກວ່າທ່ານຈະເຜີຍແຜ່.",
  slightTitle: "ຕົ້ນສະບັບເສຍເລັກນ້ອຍ",
  slightText: "ມີບາງຕອນຂອງຕົ້ນສະບັບທີ່ອ່ານບໍ່ໄດ້. ຢູ່ຕອນນັ້ນ ພາບຈະຄ້າງ ຫຼື ບໍ່ມີສຽງ. ເສຍພຽງໜ້ອຍດຽວ ຈຶ່ງເຜີຍແຜ່ໜັງແລ້ວ.",
  approvedTitle: "ເຜີຍແຜ່ທັງທີ່ມີບ່ອນເສຍ",
  approvedText: (editor) => `${editor} ໄດ້ເຜີຍແຜ່ ທັງທີ່ມີບ່ອນເສຍຂ້າງລຸ່ມນີ້.`,
  someone: "ບັນນາທິການ",
  olderShown: "ກ່ອນຈະເຖິງຕອນນັ້ນ ຜູ້ຊົມຈະເບິ່ງສະບັບກ່ອນໜ້ານີ້.",
  advice: "ຖ້າມີໄຟລ໌ທີ່ບໍ່ເສຍ ໃຫ້ອັບໂຫຼດໄຟລ໌ນັ້ນແທນ.",
  video: "ພາບ",
  audio: (number, label) => (label ? `ສຽງ ${number}: ${label}` : `ສຽງ ${number}`),
  lost: {
    held_frames: (time, percent) => `ພາບຄ້າງ ຫຼື ເສຍ ${time} (${percent} ຂອງໜັງ).`,
    lost_audio: (time, percent) => `ບໍ່ມີສຽງ ${time} (${percent} ຂອງໜັງ).`,
  },
  places: (name) => `ບ່ອນທີ່ເສຍ: ${name}`,
  place: (from, to, time) => `${from} – ${to} (${time})`,
  playPlace: (from) => `ຫຼິ້ນຈາກກ່ອນ ${from} ໜ້ອຍໜຶ່ງ`,
  more: (shown, total) => `ສະແດງ ${shown} ບ່ອນທີ່ຍາວທີ່ສຸດ ໃນ ${total} ບ່ອນ.`,
  seconds: (seconds) => `${seconds} ວິ`,
  all: (total) => `ສະແດງທັງໝົດ ${total}`,
  publish: "ເຜີຍແຜ່ເລີຍ",
  publishSure: "ຜູ້ຊົມຈະເຫັນພາບຄ້າງ ແລະ ບໍ່ໄດ້ຍິນສຽງ ຢູ່ບ່ອນທີ່ບອກໄວ້ຂ້າງເທິງ. ຕ້ອງການເຜີຍແຜ່ບໍ?",
  delete: "ລຶບການແປງນີ້",
  deleteSure: "ຕ້ອງການລຶບການແປງນີ້ບໍ? ຖ້າຢາກໄດ້ຄືນ ຕ້ອງແປງຕົ້ນສະບັບໃໝ່.",
  deleteDubSure: "ຕ້ອງການລຶບການແປງສຽງພາກນີ້ບໍ? ຖ້າຢາກໄດ້ຄືນ ຕ້ອງອັບໂຫຼດໄຟລ໌ໃໝ່.",
  keep: "ເກັບໄວ້",
};
