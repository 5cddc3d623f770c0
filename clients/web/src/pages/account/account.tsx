/** `/account`: the profile, the password, the devices, and the settings of this browser, which need no account. */
import { useLanguage } from "../../i18n/language";
import { useTitle } from "../../lib/use-title";
import { useAccount } from "../../session";
import { AccountOnly } from "../../site/account-only";
import { LanguageSwitch } from "../../site/language-switch";
import { ThemeSwitch } from "../../site/theme-switch";
import { buttonClass } from "../../ui/button";
import { LogoutButton } from "../../ui/logout-button";
import { DeleteAccount } from "./delete-account";
import { OwnData } from "./own-data";
import { Panel } from "./panel";
import { PasswordForm } from "./password-form";
import { ProfileForm } from "./profile-form";
import { ResumeReset } from "./resume-reset";
import { Sessions } from "./sessions";
import { WatchingForm } from "./watching-form";

export default function AccountPage() {
  const { t } = useLanguage();
  const account = useAccount();
  useTitle(account ? t.settings.title : t.settings.settingsOnly);
  return (
    <AccountOnly
      instead={
        <div className="page-width max-w-2xl! space-y-6">
          <Appearance />
          <WatchingForm />
        </div>
      }
    >
      {(account) => (
        <div className="page-width max-w-3xl! space-y-6">
          <div className="mt-2 flex flex-wrap items-center justify-between gap-3 sm:mt-4">
            <h1 className="text-2xl font-bold sm:text-3xl">{t.settings.title}</h1>
            <LogoutButton className={buttonClass("secondary", "")} />
          </div>
          <Appearance />
          <WatchingForm />
          <ProfileForm account={account} />
          <PasswordForm />
          <Sessions />
          <ResumeReset />
          <OwnData />
          <DeleteAccount />
        </div>
      )}
    </AccountOnly>
  );
}

function Appearance() {
  const { t } = useLanguage();
  return (
    <Panel title={t.settings.appearance}>
      <div className="flex flex-wrap gap-3">
        <LanguageSwitch />
        <ThemeSwitch />
      </div>
    </Panel>
  );
}
