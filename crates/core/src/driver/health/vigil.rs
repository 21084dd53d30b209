//! What is known of one worker's health, round by round. Pure: it is told what there is to see.

use hatchery_sys::{Activity, RunState};

/// How a worker is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// Not ready yet.
    Starting,
    /// Has no task.
    Idle,
    /// Has tasks, and gets on with them.
    Busy,
    /// Its loop does not turn, and it computes nothing: it waits for something, in a task (a lock, a child process) or
    /// outside of one.
    Blocked,
    /// Stopped by a signal, or by a debugger.
    Stopped,
}

impl Health {
    /// Its name in statistics and events.
    pub fn as_str(self) -> &'static str {
        match self {
            Health::Starting => "starting",
            Health::Idle => "idle",
            Health::Busy => "busy",
            Health::Blocked => "blocked",
            Health::Stopped => "stopped",
        }
    }
}

/// What the last round has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Finding {
    /// Its loop turns, or nothing is known against that.
    Turning,
    /// Its loop does not turn, but it computes.
    Working,
    /// Neither.
    Blocked,
    /// Stopped by a signal.
    Stopped,
    /// Stopped by a debugger.
    Traced,
}

/// The watch kept over one worker.
///
/// A worker that has said nothing for a whole interval is *asked*: its eventfd is written, and a loop that turns answers
/// by its heartbeat. One that has not answered by the next round does not turn, and the kernel is asked what it does
/// instead.
#[derive(Debug)]
pub(crate) struct Vigil {
    heartbeat: u32,
    /// It has published something since the last round.
    heard: bool,
    /// When it was asked, nanoseconds, and has not answered; 0 = it need not answer.
    asked_at: u64,
    /// Its processor time at the last look.
    ticks: u64,
    finding: Finding,
    /// When that was found first.
    since: u64,
    shunned: bool,
}

/// What is to be done after a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub finding: Finding,
    /// The word for it has changed.
    pub news: bool,
    /// Ask it.
    pub ask: bool,
}

impl Vigil {
    pub(crate) fn new() -> Vigil {
        Vigil {
            heartbeat: 0,
            heard: false,
            asked_at: 0,
            ticks: 0,
            finding: Finding::Turning,
            since: 0,
            shunned: false,
        }
    }

    /// The worker has published something. True: that is news, it was held to be stopped or blocked.
    pub(crate) fn hear(&mut self) -> bool {
        self.heard = true;
        self.shunned = false;
        self.finding != Finding::Turning && self.find(Finding::Turning, 0)
    }

    /// It did not answer when it was asked, and is given no tasks until it does.
    pub(crate) fn is_shunned(&self) -> bool {
        self.shunned
    }

    /// Something is wrong that was found and has not ended.
    pub(super) fn is_suspect(&self) -> bool {
        self.shunned || self.finding != Finding::Turning
    }

    /// The word for the last finding about a worker that is ready; `busy`: it has tasks.
    pub(crate) fn health(&self, busy: bool) -> Health {
        match self.finding {
            Finding::Stopped | Finding::Traced => Health::Stopped,
            Finding::Blocked => Health::Blocked,
            _ if busy => Health::Busy,
            _ => Health::Idle,
        }
    }

    /// One round. `look` asks the kernel, and is called only if the worker has not shown by itself that it turns.
    pub(super) fn round(
        &mut self,
        now: u64,
        heartbeat: u32,
        look: impl FnOnce() -> Option<Activity>,
    ) -> Verdict {
        let turned = std::mem::replace(&mut self.heartbeat, heartbeat) != heartbeat;
        if std::mem::take(&mut self.heard) || turned {
            self.asked_at = 0;
            self.shunned = false;
            return Verdict { news: self.find(Finding::Turning, now), finding: Finding::Turning, ask: false };
        }
        let ask = self.asked_at == 0;
        if ask {
            self.asked_at = now;
        }
        let activity = look();
        let moved = activity
            .is_none_or(|activity| std::mem::replace(&mut self.ticks, activity.ticks) != activity.ticks);
        let finding = match activity.map(|activity| activity.state) {
            Some(RunState::Stopped) => Finding::Stopped,
            Some(RunState::Traced) => Finding::Traced,
            _ if ask => Finding::Turning,
            Some(RunState::Runnable) if !moved => {
                // It gets no processor, which is not its fault.
                self.asked_at = now;
                Finding::Working
            }
            Some(RunState::Sleeping) if !moved => Finding::Blocked,
            _ => Finding::Working,
        };
        self.shunned |= finding != Finding::Turning;
        Verdict { news: self.find(finding, now), finding, ask }
    }

    /// A round is left out: nothing that it could have found would be the worker's doing. Time begins anew.
    pub(super) fn forgive(&mut self, now: u64) {
        self.since = now;
        if self.asked_at != 0 {
            self.asked_at = now;
        }
    }

    /// Nanoseconds for which the last finding has held.
    pub(super) fn lasting(&self, now: u64) -> u64 {
        now.saturating_sub(self.since)
    }

    /// Nanoseconds for which it has not answered.
    pub(super) fn silence(&self, now: u64) -> u64 {
        if self.asked_at == 0 { 0 } else { now.saturating_sub(self.asked_at) }
    }

    /// Whether the word for it changes.
    fn find(&mut self, finding: Finding, now: u64) -> bool {
        let before = self.health(true);
        if self.finding != finding {
            self.finding = finding;
            self.since = now;
        }
        self.health(true) != before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doing(state: RunState, ticks: u64) -> Option<Activity> {
        Some(Activity { state, ticks })
    }

    fn unseen() -> Option<Activity> {
        panic!("a worker that shows that it turns is not looked up")
    }

    #[test]
    fn whoever_answers_or_finishes_something_turns() {
        let mut vigil = Vigil::new();
        assert_eq!(vigil.round(1, 7, unseen).finding, Finding::Turning);
        let asked = vigil.round(2, 7, || doing(RunState::Sleeping, 5));
        assert_eq!(asked, Verdict { finding: Finding::Turning, news: false, ask: true });
        assert_eq!(vigil.round(3, 8, unseen).finding, Finding::Turning);
        assert!(!vigil.hear());
        assert_eq!(vigil.round(4, 8, unseen).finding, Finding::Turning);
        assert!(!vigil.is_suspect());
    }

    #[test]
    fn whoever_computes_is_busy_however_long() {
        let mut vigil = Vigil::new();
        vigil.round(1, 1, unseen);
        for round in 2..1000 {
            vigil.round(round, 1, || doing(RunState::Sleeping, round));
            assert_eq!(vigil.health(true), Health::Busy);
        }
        assert!(vigil.is_shunned(), "what lies behind goes elsewhere");
    }

    #[test]
    fn whoever_neither_answers_nor_computes_is_blocked_until_it_does() {
        let mut vigil = Vigil::new();
        vigil.round(1, 1, unseen);
        vigil.round(2, 1, || doing(RunState::Sleeping, 5));
        let verdict = vigil.round(3, 1, || doing(RunState::Sleeping, 5));
        assert_eq!(verdict, Verdict { finding: Finding::Blocked, news: true, ask: false });
        assert!(!vigil.round(5, 1, || doing(RunState::Sleeping, 5)).news);
        assert_eq!((vigil.lasting(5), vigil.silence(5)), (2, 3));
        assert_eq!(vigil.round(6, 1, || doing(RunState::Sleeping, 6)).finding, Finding::Working);
        vigil.round(7, 1, || doing(RunState::Sleeping, 6));
        assert_eq!((vigil.lasting(9), vigil.silence(9)), (2, 7));
        assert!(vigil.hear(), "the end of it is news");
        assert!(!vigil.is_suspect());
    }

    #[test]
    fn whoever_gets_no_processor_is_not_held_to_be_silent() {
        let mut vigil = Vigil::new();
        vigil.round(1, 1, unseen);
        for round in 2..100 {
            let verdict = vigil.round(round, 1, || doing(RunState::Runnable, 5));
            assert!(!verdict.news && vigil.silence(round) == 0);
        }
    }

    #[test]
    fn whoever_is_stopped_is_found_at_the_first_look() {
        let mut vigil = Vigil::new();
        vigil.round(1, 1, unseen);
        assert!(vigil.round(2, 1, || doing(RunState::Stopped, 5)).news);
        vigil.round(3, 1, || doing(RunState::Stopped, 5));
        assert_eq!(vigil.lasting(4), 2);
        vigil.forgive(4);
        assert_eq!((vigil.lasting(4), vigil.silence(4)), (0, 0));
        assert_eq!(vigil.health(false), Health::Stopped);
    }

    #[test]
    fn nothing_is_held_against_whom_nothing_is_known_of() {
        let mut vigil = Vigil::new();
        vigil.round(1, 1, unseen);
        for round in 2..100 {
            vigil.round(round, 1, || None);
            assert_eq!(vigil.health(true), Health::Busy);
        }
    }
}
