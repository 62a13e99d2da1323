//! What a server says about how many requests it will still answer (draft-ietf-httpapi-ratelimit-headers, in the forms
//! that are in use).

use std::time::Duration;

use reqwest::header::HeaderMap;

/// One limit as the server counts it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Allowance {
    /// Requests that it will still answer.
    pub(crate) left: Option<u64>,
    /// Until it counts anew.
    pub(crate) reset: Option<Duration>,
    /// Requests in one count.
    pub(crate) quota: Option<u64>,
}

impl Allowance {
    /// Less than a tenth is left, or fewer than ten where the whole is not known.
    pub(crate) fn is_low(&self) -> bool {
        self.left.is_some_and(|left| left < self.quota.map_or(10, |quota| quota / 10))
    }
}

/// All limits of an answer: `"requests";r=0;t=59` (Medplum and the present draft), `limit=9, remaining=0, reset=59`
/// (earlier drafts), or three headers (the earliest).
pub(crate) fn allowances(headers: &HeaderMap) -> Vec<Allowance> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let quota = text("ratelimit-policy").and_then(|policy| value_of(policy, "q"));
    match text("ratelimit") {
        Some(value) if value.contains("remaining") => vec![Allowance {
            left: value_of(value, "remaining"),
            reset: value_of(value, "reset").map(Duration::from_secs),
            quota: value_of(value, "limit"),
        }],
        Some(value) => value.split(',').map(|item| item_of(item, quota)).collect(),
        None => {
            let number = |name| text(name).and_then(first_number);
            let left = number("ratelimit-remaining");
            let reset = number("ratelimit-reset").map(Duration::from_secs);
            let quota = number("ratelimit-limit");
            left.or(quota).map(|_| Allowance { left, reset, quota }).into_iter().collect()
        }
    }
}

fn item_of(item: &str, quota: Option<u64>) -> Allowance {
    Allowance { left: value_of(item, "r"), reset: value_of(item, "t").map(Duration::from_secs), quota }
}

/// `key=number` among parts that `;` or `,` separate.
fn value_of(text: &str, key: &str) -> Option<u64> {
    text.split([';', ',']).find_map(|part| {
        let (name, value) = part.trim().split_once('=')?;
        (name.trim() == key).then(|| value.trim().parse().ok()).flatten()
    })
}

fn first_number(text: &str) -> Option<u64> {
    text.split([',', ';']).next()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&'static str, &str)]) -> Vec<Allowance> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, value.parse().unwrap());
        }
        allowances(&headers)
    }

    #[test]
    fn all_forms_are_read() {
        let wanted = |left, reset, quota| Allowance {
            left: Some(left),
            reset: Some(Duration::from_secs(reset)),
            quota,
        };
        assert_eq!(read(&[("ratelimit", "\"requests\";r=0;t=59")]), [wanted(0, 59, None)]);
        let two = read(&[
            ("ratelimit", "\"requests\";r=70;t=5, \"day\";r=3;t=600"),
            ("ratelimit-policy", "\"requests\";q=100;w=60"),
        ]);
        assert_eq!(two, [wanted(70, 5, Some(100)), wanted(3, 600, Some(100))]);
        assert_eq!(read(&[("ratelimit", "limit=100, remaining=9, reset=30")]), [wanted(9, 30, Some(100))]);
        let three =
            [("ratelimit-limit", "10, 10;w=1"), ("ratelimit-remaining", "4"), ("ratelimit-reset", "2")];
        assert_eq!(read(&three), [wanted(4, 2, Some(10))]);
        assert_eq!(read(&[("ratelimit", "what? no")]), [Allowance::default()]);
        assert_eq!(read(&[]), []);
    }

    #[test]
    fn low_is_a_tenth_or_ten() {
        let of = |left, quota| Allowance { left: Some(left), quota, reset: None };
        assert!(of(9, Some(100)).is_low() && !of(10, Some(100)).is_low());
        assert!(of(9, None).is_low() && !of(10, None).is_low());
        assert!(!Allowance::default().is_low());
    }
}
