//! Times and process ids in the part of a line that a logger or shipper put in front.

use std::sync::LazyLock;

use regex::Regex;

use super::pattern::pattern;

/// ISO 8601 and its relatives (`2026-01-05T10:11:12.123456789Z`, `2026-11-22 19:36:32,5 +0100`, `2026/11/22`, `2026-11-22-19:36:04+0000`).
static ISO: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(\d{4})[-/](\d{2})[-/](\d{2})(?:[T _-]{1,2}(\d{2}):(\d{2}):(\d{2})(?:[.,](\d+))?\s?(Z|UTC|[+-]\d{2}:?\d{2})?)?")
});
/// `05/Jan/2026:10:11:12 +0000`.
static COMMON: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(\d{2})/(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)/(\d{4}):(\d{2}):(\d{2}):(\d{2})(?: ([+-]\d{4}))?")
});
/// What stands for a time in a prefix, so that two lines' prefixes can be compared.
static ANY_TIME: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?x)
        \d{4}[-/]\d{2}[-/]\d{2}(?:[T\ _-]{1,2}\d{2}:\d{2}:\d{2}(?:[.,]\d+)?\s?(?:Z|UTC|[+-]\d{2}:?\d{2})?)?
        | \d{2}/(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)/\d{4}:\d{2}:\d{2}:\d{2}(?:\ [+-]\d{4})?
        | (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\ +\d{1,2}\b
        | \b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b
        | \b\d{1,2}:\d{2}:\d{2}(?:[.,]\d+)?(?:\ ?[AP]M)?
        | \b\d{9,}(?:\.\d+)?
        | \b\d+\.\d+(?:s|ms)?\b
        | \+\d+ms\b",
    )
});
/// `shop[937]:`, as syslog and journald write.
static TAGGED: LazyLock<Regex> = LazyLock::new(|| pattern(r"[\w./@-]\[(\d{1,8})\]:"));
/// RFC 5424: `<14>1 TIME HOST APP PROCID MSGID`.
static SYSLOG: LazyLock<Regex> = LazyLock::new(|| pattern(r"^<\d{1,3}>1 \S+ \S+ \S+ (\d{1,8}) "));

/// A prefix with its times taken out: equal for two lines of one stream.
pub fn without_times(prefix: &str) -> String {
    let prefix = &prefix[..floor(prefix, 400)];
    ANY_TIME.replace_all(prefix, "").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The nearest character boundary at or in front of `at`.
pub fn floor(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The process id that syslog or journald put in front.
pub fn pid(prefix: &str) -> Option<u32> {
    let prefix = &prefix[..floor(prefix, 400)];
    if let Some(found) = SYSLOG.captures(prefix) {
        return found[1].parse().ok();
    }
    TAGGED.captures_iter(prefix).last().and_then(|found| found[1].parse().ok())
}

/// Milliseconds since 1970 of the first full time in a prefix. A time without its date or year is none.
pub fn time(prefix: &str) -> Option<i64> {
    let prefix = &prefix[..floor(prefix, 400)];
    if let Some(found) = ISO.captures(prefix)
        && found.get(4).is_some()
    {
        let number = |group: usize| found.get(group).and_then(|text| text.as_str().parse::<i64>().ok()).unwrap_or(0);
        let fraction = found.get(7).map_or("", |text| text.as_str());
        let millis = format!("{fraction:0<3}")[..3].parse::<i64>().unwrap_or(0);
        let seconds = days(number(1), number(2), number(3)) * 86_400 + number(4) * 3_600 + number(5) * 60 + number(6);
        return Some((seconds - zone(found.get(8).map_or("", |text| text.as_str()))) * 1_000 + millis);
    }
    let found = COMMON.captures(prefix)?;
    let month =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"].iter().position(|m| *m == &found[2])?;
    let number = |group: usize| found[group].parse::<i64>().unwrap_or(0);
    let seconds = days(number(3), month as i64 + 1, number(1)) * 86_400 + number(4) * 3_600 + number(5) * 60 + number(6);
    Some((seconds - zone(found.get(7).map_or("", |text| text.as_str()))) * 1_000)
}

/// A time as JSON loggers write it: text, or seconds, milli-, micro- or nanoseconds since 1970, told apart by their size.
pub fn of_json(value: &serde_json::Value) -> Option<i64> {
    let number = match value {
        serde_json::Value::Number(number) => number.as_f64()?,
        serde_json::Value::String(text) => match text.parse::<f64>() {
            Ok(number) => number,
            Err(_) => return time(text),
        },
        _ => return None,
    };
    let scale = match number.abs() {
        n if n < 1e9 => return None,
        n if n < 1e11 => 1e3,
        n if n < 1e14 => 1.0,
        n if n < 1e17 => 1e-3,
        _ => 1e-6,
    };
    Some((number * scale) as i64)
}

/// Seconds east of Greenwich of `+0100`, `-05:30`, `Z`.
fn zone(text: &str) -> i64 {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let Ok(number) = digits.parse::<i64>() else { return 0 };
    let seconds = (number / 100) * 3_600 + (number % 100) * 60;
    if text.starts_with('-') { -seconds } else { seconds }
}

/// Days since 1970 of a date of the Gregorian calendar (Howard Hinnant's `days_from_civil`).
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// `2026-01-05T10:11:12Z`.
pub fn iso(millis: i64) -> String {
    let (day, second) = (millis.div_euclid(86_400_000), millis.div_euclid(1_000).rem_euclid(86_400));
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", second / 3_600, second / 60 % 60, second % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        let at = time("x 2026-01-05T10:11:12.123456789Z y").unwrap();
        assert_eq!((iso(at), at % 1_000), ("2026-01-05T10:11:12Z".to_owned(), 123));
        assert_eq!(time("[05/Jan/2026:11:11:12 +0100]").map(iso), Some("2026-01-05T10:11:12Z".to_owned()));
        assert_eq!(time("timestamp=2026-11-22-19:36:04+0000 app").map(iso), Some("2026-11-22T19:36:04Z".to_owned()));
        assert_eq!(of_json(&serde_json::json!("1795376192168516")).map(iso), Some("2026-11-22T19:36:32Z".to_owned()));
        assert_eq!(time("Nov 22 19:36:32 shop[1]:"), None);
    }

    #[test]
    fn prefixes_of_one_stream_are_equal() {
        let same = |one: &str, two: &str| assert_eq!(without_times(one), without_times(two));
        same("Nov 22 19:36:32 vm shop[937]: ", "Nov 23 19:36:33 vm shop[937]:     ");
        same("Sun 2026-11-22 19:36:32 UTC shop[937]: ", "Mon 2026-11-23 00:00:01 UTC shop[937]: ");
        same("\"2026-01-05 10:11:12.000\",\"", "\"2026-01-05 10:11:12.001\",\"");
        assert_ne!(without_times("web-1  | "), without_times("web-2  | "));
        assert_eq!(pid("<14>1 2026-01-05T10:11:12Z web-1 shop 4242 - - "), Some(4242));
        assert_eq!(pid("Nov 22 19:36:32 vm shop[937]: "), Some(937));
    }
}
