"""All settings, and the only reader of the environment. Every setting is documented in ``docs/settings.md`` (a test checks it).

Never here: behaviour. What is unsafe or incomplete about a combination of settings is said by ``bot.doctor``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Read from the environment, or from a file ``.env`` beside the program."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True, hide_input_in_errors=True)

    mode: Literal["demo", "live"] = Field(
        "demo", description="`live` refuses demo keys, the simulator and unsafe settings; set it wherever people write"
    )
    surfaces: Literal["public", "desk", "both"] = Field("both", description="which side this process serves")
    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(8000, ge=0, le=65535, description="port to listen on; 0: any free one")
    public_url: str = Field("", description="address under which providers reach us, such as https://faro.example.org")

    secret_key: SecretStr = Field(SecretStr(""), description="32 random bytes or more, base64; kept apart from the stores")
    redis_url: str = Field("", description="session store, redis:// or unix://; empty: embedded, one process, demo only")
    database_url: str = Field("", description="postgresql+psycopg://… ; empty: an SQLite file in `var_dir`")
    var_dir: Path = Field(Path("var"), description="where the embedded database lies")

    session_minutes: int = Field(20, ge=15, le=30, description="a silent conversation is forgotten after this (P-3)")
    epoch_hours: int = Field(48, ge=48, description="keys behind pseudonyms are renewed after this")
    messages_per_minute: int = Field(20, ge=5, description="per person; 9, 0 and crisis cues are never limited")
    refresh_seconds: int = Field(30, ge=1, le=60, description="the public directory is read again at most this much later")
    countries: str = Field("", description="ISO codes served by this deployment, comma separated; empty: all fourteen")

    contact_days: int = Field(7, ge=1, le=7, description="contact, card and notes of a request live so long at most (P-3)")
    unclaimed_days: int = Field(7, ge=1, le=7, description="a request that nobody takes is wiped after this (D-8)")
    backup_minutes: int = Field(30, ge=1, description="who is on duty as back-up hears of a request that waits so long")
    supervisor_minutes: int = Field(120, ge=1, description="the same for supervisors; urgent and children's: half of all three")
    network_minutes: int = Field(720, ge=1, description="the same for everybody on duty in all countries that the person agreed to")
    claim_minutes: int = Field(60, ge=5, description="a claimed request to which nothing is done waits for others again after this")
    idle_claim_hours: int = Field(24, ge=1, description="the same after the last thing that was done to it")
    shift_grace_minutes: int = Field(
        60, ge=0, description="after the end of a shift one may go on with a request for so long (urgent and children's: half)"
    )
    read_days: int = Field(30, ge=1, le=30, description="an answer, and the code of a closed request, after reading (P-3)")
    closed_days: int = Field(60, ge=1, le=60, description="the code of a request that ended, at most")
    withdrawn_days: int = Field(2, ge=1, le=7, description="the desk sees so long that a request was withdrawn")

    sea_accept_hours: int = Field(
        12, ge=1, description="a complaint about behaviour is accepted by a focal point within this (C-6)"
    )
    sea_forward_hours: int = Field(24, ge=1, description="and passed to the entity concerned within this, from its receipt")
    sea_answer_hours: int = Field(48, ge=1, description="and has a first answer under its code within this, from its receipt")
    feedback_working_days: int = Field(5, ge=1, description="other feedback has its answer within so many working days (C-6)")
    complaint_days: int = Field(30, ge=1, le=30, description="the content of a complaint, after it was forwarded or closed (P-3)")
    audit_days: int = Field(
        365, ge=90, description="who did what, and what became of complaints that are gone, is forgotten after this (P-3)"
    )

    metrics_token: SecretStr = Field(SecretStr(""), description="shown by whoever reads /metrics; empty: nobody reads")
    simulator: bool | None = Field(
        None,
        description="the page with a phone; empty: in a demo, for this machine; `true`: a demo under PUBLIC_URL too",
    )

    telegram_token: SecretStr = Field(SecretStr(""), description="bot token; empty: no Telegram")
    telegram_secret: SecretStr = Field(SecretStr(""), description="secret that Telegram sends with each webhook call")
    telegram_api: str = Field("", description="address of the Bot API; empty: Telegram's own")
    twilio_account_sid: str = Field("", description="empty: no SMS, no WhatsApp")
    twilio_auth_token: SecretStr = Field(SecretStr(""), description="signs Twilio's calls to us")
    sms_price: str = Field("0.05 USD", description="price of one outgoing SMS segment, for the simulator's counter")
    twilio_sms_from: str = Field("", description="number or messaging service that people on duty write from; empty: not by SMS")
    twilio_whatsapp_from: str = Field("", description="the same for WhatsApp: its number; empty: not on WhatsApp")

    alerts_telegram_token: SecretStr = Field(
        SecretStr(""), description="token of a second bot, for alerts to staff only; empty: no alerts on Telegram"
    )
    alerts_sms_from: str = Field("", description="number or messaging service that alerts to staff come from; empty: none by SMS")
    smtp_host: str = Field("", description="mail server for alerts to staff; empty: none by e-mail")
    smtp_port: int = Field(587, ge=1, le=65535, description="its port")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="`tls`: from the first byte (port 465); `none`: this machine's own server only"
    )
    smtp_name: str = Field("", description="sign-in name at the mail server; empty: without signing in")
    smtp_password: SecretStr = Field(SecretStr(""), description="its password")
    smtp_from: str = Field("", description="address that alerts by e-mail come from; its name is read on locked screens")
    push_key: SecretStr = Field(SecretStr(""), description="VAPID key for web push: 32 bytes, base64url; empty: no web push")
    push_contact: str = Field("", description="mailto: address at which push services reach whoever runs this")

    service_due_days: int = Field(90, description="after this, a service is labelled as due for a check (S-4)")
    service_stale_days: int = Field(180, description="after this, it is not shown")
    helpline_due_days: int = Field(180, description="the same for helplines (S-10)")
    helpline_stale_days: int = Field(365, description="after this, the general emergency number is shown instead")
    helplines_file: Path | None = Field(
        None, description="your own copy of data/helplines.toml, with the numbers that you confirmed"
    )
    duty_texts_file: Path | None = Field(
        None, description="your own copy of data/duty_to_report.toml, as local lawyers confirmed it (D-2)"
    )
    focal_points_file: Path | None = Field(
        None, description="your own copy of data/focal_points.toml, with your focal points and the risks that you confirmed (M-5)"
    )
    statistics_threshold: int = Field(
        5,
        ge=5,
        le=10,
        multiple_of=5,
        description="smaller numbers are hidden in shared figures (T-2); change it when new twelve weeks begin",
    )
    statistics_delay_days: int = Field(7, ge=7, description="figures come out this long after their period, or later (T-3)")
    heavy_before_pause: int = Field(3, ge=1, le=20, description="after so many heavy requests the desk asks for a pause (M-7)")
    faro_data: Path | None = Field(None, description="folder of real registers that the demo imports; never with MODE=live")
