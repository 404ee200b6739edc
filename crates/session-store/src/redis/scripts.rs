//! The Lua scripts, which Redis runs atomically. `redis/lua/session.lua` is prepended to each script.

use ::redis::Script;
use std::sync::LazyLock;

macro_rules! scripts {
    ($($(#[$doc:meta])* $name:ident = $file:literal;)*) => {
        $($(#[$doc])* pub(super) static $name: LazyLock<Script> = LazyLock::new(|| {
            Script::new(concat!(include_str!("lua/session.lua"), include_str!(concat!("lua/", $file))))
        });)*
    };
}

scripts! {
    CREATE = "create.lua";
    TOUCH = "touch.lua";
    SET_DATA = "set_data.lua";
    SET_TOKENS = "set_tokens.lua";
    LEASE = "lease.lua";
    RELEASE = "release.lua";
    END = "end.lua";
    END_MANY = "end_many.lua";
    OF_USER = "of_user.lua";
    SWEEP = "sweep.lua";
    USE_STATE = "mark_used.lua";
    GRANT_PUT = "grant_put.lua";
    GRANT_TAKE = "grant_take.lua";
    ORIGIN_REMEMBER = "origin_remember.lua";
    OUTBOX_ENQUEUE = "outbox_enqueue.lua";
    OUTBOX_TAKE = "outbox_take.lua";
}
