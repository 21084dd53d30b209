//! The table at the end.

/// Lines by section, in order of arrival.
#[derive(Default)]
pub struct Report {
    lines: Vec<(String, String, String)>,
}

impl Report {
    /// Adds a line, and shows it at once: the whole takes a while.
    pub fn line(&mut self, section: &str, name: &str, text: String) {
        println!("{section}: {name}: {}", text.trim());
        self.lines.push((section.to_owned(), name.to_owned(), text));
    }

    /// Prints everything.
    pub fn print(&self) {
        let width = self.lines.iter().map(|(_, name, _)| name.len()).max().unwrap_or(0);
        let mut current = "";
        for (section, name, text) in &self.lines {
            if section != current {
                println!("\n{section}");
                current = section;
            }
            println!("  {name:<width$}  {text}");
        }
        println!();
    }
}

/// The middle of the values.
pub fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
