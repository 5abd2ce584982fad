package node;

import static org.elasticsearch.plugins.AnalysisPlugin.requiresAnalysisSettings;

import java.io.IOException;
import java.io.Reader;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.IntPredicate;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.apache.lucene.analysis.Tokenizer;
import org.apache.lucene.analysis.charfilter.HTMLStripCharFilter;
import org.apache.lucene.analysis.charfilter.MappingCharFilter;
import org.apache.lucene.analysis.charfilter.NormalizeCharMap;
import org.apache.lucene.analysis.classic.ClassicTokenizer;
import org.apache.lucene.analysis.core.KeywordTokenizer;
import org.apache.lucene.analysis.core.LetterTokenizer;
import org.apache.lucene.analysis.core.WhitespaceTokenizer;
import org.apache.lucene.analysis.email.UAX29URLEmailTokenizer;
import org.apache.lucene.analysis.ngram.EdgeNGramTokenizer;
import org.apache.lucene.analysis.ngram.NGramTokenizer;
import org.apache.lucene.analysis.path.PathHierarchyTokenizer;
import org.apache.lucene.analysis.path.ReversePathHierarchyTokenizer;
import org.apache.lucene.analysis.pattern.PatternReplaceCharFilter;
import org.apache.lucene.analysis.pattern.PatternTokenizer;
import org.apache.lucene.analysis.pattern.SimplePatternSplitTokenizer;
import org.apache.lucene.analysis.pattern.SimplePatternTokenizer;
import org.apache.lucene.analysis.standard.StandardAnalyzer;
import org.apache.lucene.analysis.th.ThaiTokenizer;
import org.apache.lucene.analysis.tokenattributes.CharTermAttribute;
import org.apache.lucene.analysis.tokenattributes.OffsetAttribute;
import org.apache.lucene.analysis.util.CharTokenizer;
import org.apache.lucene.util.AttributeFactory;
import org.elasticsearch.common.regex.Regex;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.index.IndexSettings;
import org.elasticsearch.index.analysis.Analysis;
import org.elasticsearch.index.analysis.CharFilterFactory;
import org.elasticsearch.index.analysis.NormalizingCharFilterFactory;
import org.elasticsearch.index.analysis.PreConfiguredCharFilter;
import org.elasticsearch.index.analysis.PreConfiguredTokenizer;
import org.elasticsearch.index.analysis.TokenizerFactory;
import org.elasticsearch.indices.analysis.AnalysisModule.AnalysisProvider;

/** The stock tokenizers and char filters. */
final class Tokenizers {
    private Tokenizers() {}

    interface Make {
        Supplier<Tokenizer> get(IndexSettings index, Environment env, Settings s) throws IOException;
    }

    private static AnalysisProvider<TokenizerFactory> of(Make make) {
        return (index, env, name, s) -> TokenizerFactory.newFactory(name, make.get(index, env, s));
    }

    static Map<String, AnalysisProvider<TokenizerFactory>> all() {
        Map<String, AnalysisProvider<TokenizerFactory>> m = new TreeMap<>();
        m.put("keyword", of((i, e, s) -> {
            int size = s.getAsInt("buffer_size", 256);
            return () -> new KeywordTokenizer(size);
        }));
        m.put("whitespace", of((i, e, s) -> {
            int max = s.getAsInt("max_token_length", StandardAnalyzer.DEFAULT_MAX_TOKEN_LENGTH);
            return () -> new WhitespaceTokenizer(AttributeFactory.DEFAULT_ATTRIBUTE_FACTORY, max);
        }));
        m.put("letter", of((i, e, s) -> LetterTokenizer::new));
        m.put("lowercase", of((i, e, s) -> LowerCaseTokenizer::new));
        m.put("thai", of((i, e, s) -> ThaiTokenizer::new));
        m.put("classic", of((i, e, s) -> {
            int max = s.getAsInt("max_token_length", StandardAnalyzer.DEFAULT_MAX_TOKEN_LENGTH);
            return () -> {
                ClassicTokenizer t = new ClassicTokenizer();
                t.setMaxTokenLength(max);
                return t;
            };
        }));
        m.put("uax_url_email", of((i, e, s) -> {
            int max = s.getAsInt("max_token_length", StandardAnalyzer.DEFAULT_MAX_TOKEN_LENGTH);
            return () -> {
                UAX29URLEmailTokenizer t = new UAX29URLEmailTokenizer();
                t.setMaxTokenLength(max);
                return t;
            };
        }));
        m.put("ngram", of((index, e, s) -> {
            int min = s.getAsInt("min_gram", NGramTokenizer.DEFAULT_MIN_NGRAM_SIZE);
            int max = s.getAsInt("max_gram", NGramTokenizer.DEFAULT_MAX_NGRAM_SIZE);
            if (max - min > index.getMaxNgramDiff()) {
                throw new IllegalArgumentException(
                    "The difference between max_gram and min_gram in NGram Tokenizer must be less than or equal to: ["
                        + index.getMaxNgramDiff()
                        + "] but was ["
                        + (max - min)
                        + "]. This limit can be set by changing the [index.max_ngram_diff] index level setting."
                );
            }
            IntPredicate chars = tokenChars(s);
            return chars == null ? () -> new NGramTokenizer(min, max) : () -> new NGramTokenizer(min, max) {
                @Override
                protected boolean isTokenChar(int c) {
                    return chars.test(c);
                }
            };
        }));
        m.put("edge_ngram", of((index, e, s) -> {
            int min = s.getAsInt("min_gram", NGramTokenizer.DEFAULT_MIN_NGRAM_SIZE);
            int max = s.getAsInt("max_gram", NGramTokenizer.DEFAULT_MAX_NGRAM_SIZE);
            IntPredicate chars = tokenChars(s);
            return chars == null ? () -> new EdgeNGramTokenizer(min, max) : () -> new EdgeNGramTokenizer(min, max) {
                @Override
                protected boolean isTokenChar(int c) {
                    return chars.test(c);
                }
            };
        }));
        m.put("pattern", of((i, e, s) -> {
            Pattern p = Regex.compile(s.get("pattern", "\\W+"), s.get("flags"));
            int group = s.getAsInt("group", -1);
            return () -> new PatternTokenizer(p, group);
        }));
        m.put("simple_pattern", of((i, e, s) -> {
            String p = s.get("pattern", "");
            return () -> new SimplePatternTokenizer(p);
        }));
        m.put("simple_pattern_split", of((i, e, s) -> {
            String p = s.get("pattern", "");
            return () -> new SimplePatternSplitTokenizer(p);
        }));
        m.put("char_group", requiresAnalysisSettings(of((i, e, s) -> charGroup(s))));
        Make path = (i, e, s) -> {
            char delimiter = oneChar(s, "delimiter", '/');
            char replacement = oneChar(s, "replacement", delimiter);
            int buffer = s.getAsInt("buffer_size", 1024);
            int skip = s.getAsInt("skip", 0);
            return s.getAsBoolean("reverse", false)
                ? () -> new ReversePathHierarchyTokenizer(buffer, delimiter, replacement, skip)
                : () -> new PathHierarchyTokenizer(buffer, delimiter, replacement, skip);
        };
        m.put("path_hierarchy", of(path));
        m.put("PathHierarchy", of(path));
        return m;
    }

    static List<PreConfiguredTokenizer> preConfigured() {
        return List.of(
            PreConfiguredTokenizer.singleton("keyword", KeywordTokenizer::new),
            PreConfiguredTokenizer.singleton("classic", ClassicTokenizer::new),
            PreConfiguredTokenizer.singleton("uax_url_email", UAX29URLEmailTokenizer::new),
            PreConfiguredTokenizer.singleton("path_hierarchy", PathHierarchyTokenizer::new),
            PreConfiguredTokenizer.singleton("letter", LetterTokenizer::new),
            PreConfiguredTokenizer.singleton("whitespace", WhitespaceTokenizer::new),
            PreConfiguredTokenizer.singleton("ngram", NGramTokenizer::new),
            PreConfiguredTokenizer.singleton("edge_ngram", () -> new EdgeNGramTokenizer(1, 2)),
            PreConfiguredTokenizer.singleton("pattern", () -> new PatternTokenizer(Regex.compile("\\W+", null), -1)),
            PreConfiguredTokenizer.singleton("thai", ThaiTokenizer::new),
            PreConfiguredTokenizer.singleton("lowercase", LowerCaseTokenizer::new)
        );
    }

    private static char oneChar(Settings s, String key, char otherwise) {
        String v = s.get(key);
        if (v == null) {
            return otherwise;
        }
        if (v.length() != 1) {
            throw new IllegalArgumentException(key + " must be a one char value");
        }
        return v.charAt(0);
    }

    private static boolean punctuation(int c) {
        return switch (Character.getType(c)) {
            case Character.CONNECTOR_PUNCTUATION, Character.DASH_PUNCTUATION, Character.END_PUNCTUATION,
                Character.FINAL_QUOTE_PUNCTUATION, Character.INITIAL_QUOTE_PUNCTUATION, Character.OTHER_PUNCTUATION,
                Character.START_PUNCTUATION -> true;
            default -> false;
        };
    }

    private static boolean symbol(int c) {
        return switch (Character.getType(c)) {
            case Character.CURRENCY_SYMBOL, Character.MATH_SYMBOL, Character.OTHER_SYMBOL, Character.MODIFIER_SYMBOL -> true;
            default -> false;
        };
    }

    /** null: every char belongs to a token. */
    private static IntPredicate tokenChars(Settings s) {
        IntPredicate all = null;
        for (String kind : s.getAsList("token_chars")) {
            IntPredicate p = switch (kind.toLowerCase(java.util.Locale.ROOT)) {
                case "letter" -> Character::isLetter;
                case "digit" -> Character::isDigit;
                case "whitespace" -> Character::isWhitespace;
                case "punctuation" -> Tokenizers::punctuation;
                case "symbol" -> Tokenizers::symbol;
                case "custom" -> {
                    String custom = s.get("custom_token_chars");
                    if (custom == null) {
                        throw new IllegalArgumentException("Token type: 'custom' requires setting `custom_token_chars`");
                    }
                    yield c -> custom.indexOf(c) >= 0;
                }
                default -> throw new IllegalArgumentException("Unknown token type: '" + kind + "'");
            };
            all = all == null ? p : all.or(p);
        }
        return all;
    }

    private static Supplier<Tokenizer> charGroup(Settings s) {
        IntPredicate split = c -> false;
        Set<Integer> single = new HashSet<>();
        for (String on : s.getAsList("tokenize_on_chars")) {
            if (on.isEmpty()) {
                throw new IllegalArgumentException("[tokenize_on_chars] cannot contain empty characters");
            }
            if (on.length() == 1) {
                single.add((int) on.charAt(0));
            } else if (on.charAt(0) == '\\') {
                single.add((int) unescape(on).charAt(0));
            } else {
                split = split.or(switch (on) {
                    case "letter" -> Character::isLetter;
                    case "digit" -> Character::isDigit;
                    case "whitespace" -> Character::isWhitespace;
                    case "punctuation" -> Tokenizers::punctuation;
                    case "symbol" -> Tokenizers::symbol;
                    default -> throw new IllegalArgumentException("Invalid escaped char in [" + on + "]");
                });
            }
        }
        IntPredicate kinds = split;
        int max = s.getAsInt("max_token_length", CharTokenizer.DEFAULT_MAX_WORD_LEN);
        return () -> new CharTokenizer(AttributeFactory.DEFAULT_ATTRIBUTE_FACTORY, max) {
            @Override
            protected boolean isTokenChar(int c) {
                return kinds.test(c) == false && single.contains(c) == false;
            }
        };
    }

    static String unescape(String v) {
        StringBuilder b = new StringBuilder(v.length());
        for (int i = 0; i < v.length(); i++) {
            char c = v.charAt(i);
            if (c != '\\') {
                b.append(c);
                continue;
            }
            if (++i >= v.length()) {
                throw new IllegalArgumentException("Invalid escaped char in [" + v + "]");
            }
            c = v.charAt(i);
            switch (c) {
                case 'n' -> b.append('\n');
                case 't' -> b.append('\t');
                case 'r' -> b.append('\r');
                case 'b' -> b.append('\b');
                case 'f' -> b.append('\f');
                case 'u' -> {
                    if (i + 5 > v.length()) {
                        throw new IllegalArgumentException("Invalid escaped char in [" + v + "]");
                    }
                    b.append((char) Integer.parseInt(v.substring(i + 1, i + 5), 16));
                    i += 4;
                }
                default -> b.append(c);
            }
        }
        return b.toString();
    }

    // Char filters.

    private static AnalysisProvider<CharFilterFactory> chars(boolean normalizing, CharMake make) {
        return (index, env, name, s) -> {
            UnaryOperator<Reader> f = make.get(env, name, s);
            if (normalizing) {
                return new NormalizingCharFilterFactory() {
                    @Override
                    public String name() {
                        return name;
                    }

                    @Override
                    public Reader create(Reader in) {
                        return f.apply(in);
                    }
                };
            }
            return new CharFilterFactory() {
                @Override
                public String name() {
                    return name;
                }

                @Override
                public Reader create(Reader in) {
                    return f.apply(in);
                }
            };
        };
    }

    interface CharMake {
        UnaryOperator<Reader> get(Environment env, String name, Settings s) throws IOException;
    }

    private static final Pattern RULE = Pattern.compile("(.*)\\s*=>\\s*(.*)\\s*$");

    static Map<String, AnalysisProvider<CharFilterFactory>> charFilters() {
        Map<String, AnalysisProvider<CharFilterFactory>> m = new TreeMap<>();
        m.put("html_strip", chars(false, (e, n, s) -> {
            Set<String> escaped = new HashSet<>(s.getAsList("escaped_tags"));
            return escaped.isEmpty() ? HTMLStripCharFilter::new : in -> new HTMLStripCharFilter(in, escaped);
        }));
        m.put("pattern_replace", requiresAnalysisSettings(chars(true, (e, n, s) -> {
            String pattern = s.get("pattern");
            if (pattern == null || pattern.isEmpty()) {
                throw new IllegalArgumentException("pattern is missing for [" + n + "] char filter of type 'pattern_replace'");
            }
            Pattern p = Regex.compile(pattern, s.get("flags"));
            String replacement = s.get("replacement", "");
            return in -> new PatternReplaceCharFilter(p, replacement, in);
        })));
        m.put("mapping", requiresAnalysisSettings(chars(true, (env, n, s) -> {
            List<String> rules = Analysis.getWordList(env, s, "mappings");
            if (rules == null) {
                throw new IllegalArgumentException("mapping requires either `mappings` or `mappings_path` to be configured");
            }
            NormalizeCharMap.Builder b = new NormalizeCharMap.Builder();
            for (String rule : rules) {
                Matcher r = RULE.matcher(rule);
                if (r.find() == false) {
                    throw new IllegalArgumentException("Invalid Mapping Rule : [" + rule + "]");
                }
                b.add(unescape(r.group(1).strip()), unescape(r.group(2).strip()));
            }
            NormalizeCharMap map = b.build();
            return in -> new MappingCharFilter(map, in);
        })));
        return m;
    }

    static List<PreConfiguredCharFilter> preConfiguredCharFilters() {
        return List.of(PreConfiguredCharFilter.singleton("html_strip", false, HTMLStripCharFilter::new));
    }

    /** Runs of letters, in lower case. */
    static final class LowerCaseTokenizer extends Tokenizer {
        private final CharTermAttribute term = addAttribute(CharTermAttribute.class);
        private final OffsetAttribute offset = addAttribute(OffsetAttribute.class);
        private int pos;
        private int pushed = -1;

        private int read() throws IOException {
            int c;
            if (pushed >= 0) {
                c = pushed;
                pushed = -1;
            } else {
                c = input.read();
            }
            if (c < 0) {
                return -1;
            }
            pos++;
            if (Character.isHighSurrogate((char) c)) {
                int d = input.read();
                if (d >= 0 && Character.isLowSurrogate((char) d)) {
                    pos++;
                    return Character.toCodePoint((char) c, (char) d);
                }
                pushed = d;
            }
            return c;
        }

        @Override
        public boolean incrementToken() throws IOException {
            clearAttributes();
            StringBuilder b = new StringBuilder();
            int start = pos;
            while (true) {
                int before = pos;
                int c = read();
                if (c >= 0 && Character.isLetter(c)) {
                    if (b.isEmpty()) {
                        start = before;
                    }
                    b.appendCodePoint(Character.toLowerCase(c));
                    if (b.length() < CharTokenizer.DEFAULT_MAX_WORD_LEN) {
                        continue;
                    }
                    before = pos;
                } else if (c >= 0 && b.isEmpty()) {
                    continue;
                }
                if (b.isEmpty()) {
                    return false;
                }
                term.setEmpty().append(b);
                offset.setOffset(correctOffset(start), correctOffset(before));
                return true;
            }
        }

        @Override
        public void end() throws IOException {
            super.end();
            offset.setOffset(correctOffset(pos), correctOffset(pos));
        }

        @Override
        public void reset() throws IOException {
            super.reset();
            pos = 0;
            pushed = -1;
        }
    }
}
