//! Two texts side by side: what was expected and what came, line by line.

/// The lines of both, those of `expected` alone after `-`, those of `came` alone after `+`.
pub(super) fn difference(expected: &str, came: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (expected.split('\n').collect(), came.split('\n').collect());
    let common = common(&old, &new);
    let (mut a, mut b) = (0, 0);
    let mut out = Vec::new();
    while a < old.len() || b < new.len() {
        if a < old.len() && b < new.len() && old[a] == new[b] {
            out.push(format!("  {}", old[a]));
            (a, b) = (a + 1, b + 1);
        } else if a < old.len() && (b == new.len() || common[a + 1][b] >= common[a][b + 1]) {
            out.push(format!("- {}", old[a]));
            a += 1;
        } else {
            out.push(format!("+ {}", new[b]));
            b += 1;
        }
    }
    out.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n")
}

/// How many lines the rests of both have in common, from each place on.
fn common(old: &[&str], new: &[&str]) -> Vec<Vec<usize>> {
    let mut common = vec![vec![0; new.len() + 1]; old.len() + 1];
    for a in (0..old.len()).rev() {
        for b in (0..new.len()).rev() {
            common[a][b] = if old[a] == new[b] { common[a + 1][b + 1] + 1 } else { common[a + 1][b].max(common[a][b + 1]) };
        }
    }
    common
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_the_same_stands_between_what_is_not() {
        let expected = "Проверьте данные:\nФИО: Иванов\n[Всё верно]";
        let came = "Проверьте данные:\nФИО: Петров\n[Всё верно]\n[Изменить]";
        assert_eq!(difference(expected, came), "  Проверьте данные:\n- ФИО: Иванов\n+ ФИО: Петров\n  [Всё верно]\n+ [Изменить]");
        assert_eq!(difference("", "a"), "-\n+ a");
        assert_eq!(difference("a", "a"), "  a");
    }
}
