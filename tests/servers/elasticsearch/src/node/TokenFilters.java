package node;

import static org.elasticsearch.plugins.AnalysisPlugin.requiresAnalysisSettings;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

import org.apache.lucene.analysis.CharArraySet;
import org.apache.lucene.analysis.TokenFilter;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.ar.ArabicNormalizationFilter;
import org.apache.lucene.analysis.ar.ArabicStemFilter;
import org.apache.lucene.analysis.bn.BengaliNormalizationFilter;
import org.apache.lucene.analysis.br.BrazilianStemFilter;
import org.apache.lucene.analysis.cjk.CJKBigramFilter;
import org.apache.lucene.analysis.cjk.CJKWidthFilter;
import org.apache.lucene.analysis.ckb.SoraniNormalizationFilter;
import org.apache.lucene.analysis.classic.ClassicFilter;
import org.apache.lucene.analysis.commongrams.CommonGramsFilter;
import org.apache.lucene.analysis.commongrams.CommonGramsQueryFilter;
import org.apache.lucene.analysis.compound.DictionaryCompoundWordTokenFilter;
import org.apache.lucene.analysis.core.DecimalDigitFilter;
import org.apache.lucene.analysis.core.FlattenGraphFilter;
import org.apache.lucene.analysis.core.LowerCaseFilter;
import org.apache.lucene.analysis.core.StopFilter;
import org.apache.lucene.analysis.core.TypeTokenFilter;
import org.apache.lucene.analysis.core.UpperCaseFilter;
import org.apache.lucene.analysis.cz.CzechStemFilter;
import org.apache.lucene.analysis.de.GermanNormalizationFilter;
import org.apache.lucene.analysis.de.GermanStemFilter;
import org.apache.lucene.analysis.el.GreekLowerCaseFilter;
import org.apache.lucene.analysis.en.EnglishAnalyzer;
import org.apache.lucene.analysis.en.KStemFilter;
import org.apache.lucene.analysis.en.PorterStemFilter;
import org.apache.lucene.analysis.fa.PersianNormalizationFilter;
import org.apache.lucene.analysis.fa.PersianStemFilter;
import org.apache.lucene.analysis.fr.FrenchAnalyzer;
import org.apache.lucene.analysis.ga.IrishLowerCaseFilter;
import org.apache.lucene.analysis.hi.HindiNormalizationFilter;
import org.apache.lucene.analysis.in.IndicNormalizationFilter;
import org.apache.lucene.analysis.minhash.MinHashFilter;
import org.apache.lucene.analysis.miscellaneous.ASCIIFoldingFilter;
import org.apache.lucene.analysis.miscellaneous.FingerprintFilter;
import org.apache.lucene.analysis.miscellaneous.KeepWordFilter;
import org.apache.lucene.analysis.miscellaneous.KeywordRepeatFilter;
import org.apache.lucene.analysis.miscellaneous.LengthFilter;
import org.apache.lucene.analysis.miscellaneous.LimitTokenCountFilter;
import org.apache.lucene.analysis.miscellaneous.PatternKeywordMarkerFilter;
import org.apache.lucene.analysis.miscellaneous.RemoveDuplicatesTokenFilter;
import org.apache.lucene.analysis.miscellaneous.ScandinavianFoldingFilter;
import org.apache.lucene.analysis.miscellaneous.ScandinavianNormalizationFilter;
import org.apache.lucene.analysis.miscellaneous.SetKeywordMarkerFilter;
import org.apache.lucene.analysis.miscellaneous.StemmerOverrideFilter;
import org.apache.lucene.analysis.miscellaneous.TrimFilter;
import org.apache.lucene.analysis.miscellaneous.TruncateTokenFilter;
import org.apache.lucene.analysis.miscellaneous.WordDelimiterFilter;
import org.apache.lucene.analysis.miscellaneous.WordDelimiterGraphFilter;
import org.apache.lucene.analysis.miscellaneous.WordDelimiterIterator;
import org.apache.lucene.analysis.ngram.EdgeNGramTokenFilter;
import org.apache.lucene.analysis.ngram.NGramTokenFilter;
import org.apache.lucene.analysis.pattern.PatternCaptureGroupTokenFilter;
import org.apache.lucene.analysis.pattern.PatternReplaceFilter;
import org.apache.lucene.analysis.payloads.DelimitedPayloadTokenFilter;
import org.apache.lucene.analysis.payloads.FloatEncoder;
import org.apache.lucene.analysis.payloads.IdentityEncoder;
import org.apache.lucene.analysis.payloads.IntegerEncoder;
import org.apache.lucene.analysis.payloads.PayloadEncoder;
import org.apache.lucene.analysis.payloads.TypeAsPayloadTokenFilter;
import org.apache.lucene.analysis.reverse.ReverseStringFilter;
import org.apache.lucene.analysis.shingle.ShingleFilter;
import org.apache.lucene.analysis.snowball.SnowballFilter;
import org.apache.lucene.analysis.sr.SerbianNormalizationFilter;
import org.apache.lucene.analysis.tokenattributes.CharTermAttribute;
import org.apache.lucene.analysis.tokenattributes.PositionIncrementAttribute;
import org.apache.lucene.analysis.tr.ApostropheFilter;
import org.apache.lucene.analysis.tr.TurkishLowerCaseFilter;
import org.apache.lucene.analysis.util.ElisionFilter;
import org.elasticsearch.common.regex.Regex;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.index.IndexService.IndexCreationContext;
import org.elasticsearch.index.IndexSettings;
import org.elasticsearch.index.analysis.AbstractTokenFilterFactory;
import org.elasticsearch.index.analysis.Analysis;
import org.elasticsearch.index.analysis.CharFilterFactory;
import org.elasticsearch.index.analysis.NormalizingTokenFilterFactory;
import org.elasticsearch.index.analysis.PreConfiguredTokenFilter;
import org.elasticsearch.index.analysis.TokenFilterFactory;
import org.elasticsearch.index.analysis.TokenizerFactory;
import org.elasticsearch.indices.analysis.AnalysisModule.AnalysisProvider;

/** The stock token filters, under the names and with the settings of the reference documentation. */
final class TokenFilters {
    private TokenFilters() {}

    interface Make {
        UnaryOperator<TokenStream> get(IndexSettings index, Environment env, String name, Settings s) throws IOException;
    }

    /** What a filter does where synonym rules are parsed. */
    private enum InSynonyms {
        SAME,
        REFUSED,
        SKIPPED
    }

    /** normal: what it does to a keyword or a wildcard term; null: nothing. synonyms: what it does to a synonym rule. */
    private static class Factory extends AbstractTokenFilterFactory {
        private final UnaryOperator<TokenStream> create;
        private final UnaryOperator<TokenStream> normal;
        private final InSynonyms in;
        private final boolean breaksFvh;

        Factory(String name, UnaryOperator<TokenStream> create, UnaryOperator<TokenStream> normal, InSynonyms in, boolean breaksFvh) {
            super(name);
            this.create = create;
            this.normal = normal;
            this.in = in;
            this.breaksFvh = breaksFvh;
        }

        @Override
        public TokenStream create(TokenStream t) {
            return create.apply(t);
        }

        @Override
        public TokenStream normalize(TokenStream t) {
            return normal == null ? t : normal.apply(t);
        }

        @Override
        public boolean breaksFastVectorHighlighter() {
            return breaksFvh;
        }

        @Override
        public TokenFilterFactory getSynonymFilter() {
            return switch (in) {
                case SAME -> this;
                case SKIPPED -> IDENTITY_FILTER;
                case REFUSED -> throw new IllegalArgumentException("Token filter [" + name() + "] cannot be used to parse synonyms");
            };
        }
    }

    /** A factory that also implements the marker which lets it into a normalizer. */
    private static class NormalFactory extends Factory implements NormalizingTokenFilterFactory {
        NormalFactory(String name, UnaryOperator<TokenStream> create, UnaryOperator<TokenStream> normal) {
            super(name, create, normal, InSynonyms.SAME, false);
        }

        @Override
        public TokenStream normalize(TokenStream t) {
            return super.normalize(t);
        }
    }

    private static AnalysisProvider<TokenFilterFactory> of(InSynonyms in, boolean breaksFvh, Make make) {
        return (index, env, name, s) -> new Factory(name, make.get(index, env, name, s), null, in, breaksFvh);
    }

    private static AnalysisProvider<TokenFilterFactory> of(Make make) {
        return of(InSynonyms.SAME, false, make);
    }

    private static AnalysisProvider<TokenFilterFactory> plain(UnaryOperator<TokenStream> f) {
        return of((i, e, n, s) -> f);
    }

    private static AnalysisProvider<TokenFilterFactory> normal(Make make) {
        return (index, env, name, s) -> {
            UnaryOperator<TokenStream> f = make.get(index, env, name, s);
            return new NormalFactory(name, f, f);
        };
    }

    private static AnalysisProvider<TokenFilterFactory> normalPlain(UnaryOperator<TokenStream> f) {
        return normal((i, e, n, s) -> f);
    }

    static Map<String, AnalysisProvider<TokenFilterFactory>> all() {
        Map<String, AnalysisProvider<TokenFilterFactory>> m = new TreeMap<>();
        // One term in, one term out: also for normalizers.
        m.put("arabic_normalization", normalPlain(ArabicNormalizationFilter::new));
        m.put("bengali_normalization", normalPlain(BengaliNormalizationFilter::new));
        m.put("cjk_width", normalPlain(CJKWidthFilter::new));
        m.put("decimal_digit", normalPlain(DecimalDigitFilter::new));
        m.put("german_normalization", normalPlain(GermanNormalizationFilter::new));
        m.put("hindi_normalization", normalPlain(HindiNormalizationFilter::new));
        m.put("indic_normalization", normalPlain(IndicNormalizationFilter::new));
        m.put("persian_normalization", normalPlain(PersianNormalizationFilter::new));
        m.put("scandinavian_folding", normalPlain(ScandinavianFoldingFilter::new));
        m.put("scandinavian_normalization", normalPlain(ScandinavianNormalizationFilter::new));
        m.put("serbian_normalization", normalPlain(SerbianNormalizationFilter::new));
        m.put("sorani_normalization", normalPlain(SoraniNormalizationFilter::new));
        m.put("trim", normalPlain(TrimFilter::new));
        m.put("uppercase", normalPlain(UpperCaseFilter::new));
        m.put("lowercase", normal((i, e, n, s) -> {
            String lang = s.get("language");
            return switch (lang == null ? "" : lang.toLowerCase(Locale.ROOT)) {
                case "" -> LowerCaseFilter::new;
                case "greek" -> GreekLowerCaseFilter::new;
                case "irish" -> IrishLowerCaseFilter::new;
                case "turkish" -> TurkishLowerCaseFilter::new;
                default -> throw new IllegalArgumentException("language [" + lang + "] not support for lower case");
            };
        }));
        m.put("elision", requiresAnalysisSettings(normal((i, env, n, s) -> {
            CharArraySet articles = Analysis.parseArticles(env, s);
            if (articles == null) {
                throw new IllegalArgumentException("elision filter requires [articles] or [articles_path] setting");
            }
            return t -> new ElisionFilter(t, articles);
        })));
        m.put("truncate", normal((i, e, n, s) -> {
            int length = s.getAsInt("length", 10);
            if (length <= 0) {
                throw new IllegalArgumentException("length parameter must be provided");
            }
            return t -> new TruncateTokenFilter(t, length);
        }));
        m.put("pattern_replace", requiresAnalysisSettings(normal((i, e, n, s) -> {
            String p = s.get("pattern");
            if (p == null) {
                throw new IllegalArgumentException("pattern is missing for [" + n + "] token filter of type 'pattern_replace'");
            }
            Pattern pattern = Regex.compile(p, s.get("flags"));
            String replacement = s.get("replacement", "");
            boolean every = s.getAsBoolean("all", true);
            return t -> new PatternReplaceFilter(t, pattern, replacement, every);
        })));
        m.put("asciifolding", (index, env, name, s) -> {
            boolean keep = s.getAsBoolean("preserve_original", false);
            UnaryOperator<TokenStream> one = t -> new ASCIIFoldingFilter(t, false);
            if (keep == false) {
                return new NormalFactory(name, one, one);
            }
            return new NormalFactory(name, t -> new ASCIIFoldingFilter(t, true), one) {
                @Override
                public TokenFilterFactory getSynonymFilter() {
                    return new NormalFactory(name(), one, one);
                }
            };
        });

        // Stems and other one to one filters which no normalizer takes.
        m.put("apostrophe", plain(ApostropheFilter::new));
        m.put("arabic_stem", plain(ArabicStemFilter::new));
        m.put("classic", plain(ClassicFilter::new));
        m.put("kstem", plain(KStemFilter::new));
        m.put("persian_stem", plain(PersianStemFilter::new));
        m.put("porter_stem", plain(PorterStemFilter::new));
        m.put("reverse", plain(ReverseStringFilter::new));
        m.put("russian_stem", plain(t -> new SnowballFilter(t, "Russian")));
        m.put("brazilian_stem", stem(BrazilianStemFilter::new));
        m.put("czech_stem", stem(CzechStemFilter::new));
        m.put("dutch_stem", stem(t -> new SnowballFilter(t, "Dutch")));
        m.put("french_stem", stem(t -> new SnowballFilter(t, "French")));
        m.put("german_stem", stem(GermanStemFilter::new));
        m.put("snowball", of((i, e, n, s) -> {
            String language = s.get("language", s.get("name", "English"));
            String l = Character.toUpperCase(language.charAt(0)) + language.substring(1);
            return t -> new SnowballFilter(t, l);
        }));
        m.put("stemmer", of((i, e, n, s) -> {
            String language = s.get("language", s.get("name", "porter"));
            UnaryOperator<TokenStream> f = Stemmers.of(language);
            if (f == null) {
                throw new IllegalArgumentException("Invalid stemmer class specified [" + language + "]");
            }
            return f;
        }));
        m.put("stemmer_override", requiresAnalysisSettings(of((i, env, n, s) -> {
            List<String> rules = Analysis.getWordList(env, s, "rules");
            if (rules == null) {
                throw new IllegalArgumentException("stemmer override filter requires either `rules` or `rules_path` to be configured");
            }
            StemmerOverrideFilter.Builder b = new StemmerOverrideFilter.Builder(false);
            for (String rule : rules) {
                String[] sides = rule.split("=>", -1);
                if (sides.length != 2 || sides[1].isBlank() || sides[1].indexOf(',') >= 0) {
                    throw new IllegalArgumentException("Invalid Keyword override Rule:" + rule);
                }
                for (String from : sides[0].split(",")) {
                    if (from.isBlank()) {
                        throw new IllegalArgumentException("Invalid Keyword override Rule:" + rule);
                    }
                    b.add(from.strip(), sides[1].strip());
                }
            }
            StemmerOverrideFilter.StemmerOverrideMap map = b.build();
            return t -> new StemmerOverrideFilter(t, map);
        })));
        m.put("keyword_marker", requiresAnalysisSettings(of((i, env, n, s) -> {
            boolean ignoreCase = s.getAsBoolean("ignore_case", false);
            String p = s.get("keywords_pattern");
            if (p != null) {
                if (s.get("keywords") != null || s.get("keywords_path") != null) {
                    throw new IllegalArgumentException(
                        "cannot specify both `keywords_pattern` and `keywords` or `keywords_path`"
                    );
                }
                Pattern pattern = Pattern.compile(p, ignoreCase ? Pattern.CASE_INSENSITIVE : 0);
                return t -> new PatternKeywordMarkerFilter(t, pattern);
            }
            List<String> words = Analysis.getWordList(env, s, "keywords");
            if (words == null) {
                throw new IllegalArgumentException(
                    "keyword filter requires either `keywords`, `keywords_path`, or `keywords_pattern` to be configured"
                );
            }
            CharArraySet set = new CharArraySet(words, ignoreCase);
            return t -> new SetKeywordMarkerFilter(t, set);
        })));

        // Drop or keep tokens.
        m.put("length", of((i, e, n, s) -> {
            int min = s.getAsInt("min", 0);
            int max = s.getAsInt("max", Integer.MAX_VALUE);
            return t -> new LengthFilter(t, min, max);
        }));
        m.put("limit", of((i, e, n, s) -> {
            int max = s.getAsInt("max_token_count", 1);
            boolean all = s.getAsBoolean("consume_all_tokens", false);
            return t -> new LimitTokenCountFilter(t, max, all);
        }));
        m.put("unique", of((i, e, n, s) -> {
            boolean same = s.getAsBoolean("only_on_same_position", false);
            return t -> new Unique(t, same);
        }));
        m.put("remove_duplicates", plain(RemoveDuplicatesTokenFilter::new));
        m.put("keep", requiresAnalysisSettings(of((i, env, n, s) -> {
            CharArraySet words = Analysis.getWordSet(env, s, "keep_words");
            if (words == null) {
                throw new IllegalArgumentException("keep requires either `keep_words` or `keep_words_path` to be configured");
            }
            boolean ignoreCase = s.getAsBoolean("keep_words_case", false);
            CharArraySet set = ignoreCase ? new CharArraySet(words, true) : words;
            return t -> new KeepWordFilter(t, set);
        })));
        m.put("keep_types", requiresAnalysisSettings(of((i, e, n, s) -> {
            List<String> types = s.getAsList("types");
            if (types.isEmpty()) {
                throw new IllegalArgumentException("keep_types requires `types` to be configured");
            }
            boolean include = switch (s.get("mode", "include").toLowerCase(Locale.ROOT)) {
                case "include" -> true;
                case "exclude" -> false;
                default -> throw new IllegalArgumentException("`keep_types` tokenfilter mode can only be [include] or [exclude]");
            };
            Set<String> set = new HashSet<>(types);
            return t -> new TypeTokenFilter(t, set, include);
        })));

        // More tokens, or other positions.
        m.put("keyword_repeat", of(InSynonyms.REFUSED, false, (i, e, n, s) -> KeywordRepeatFilter::new));
        m.put("flatten_graph", of(InSynonyms.REFUSED, false, (i, e, n, s) -> FlattenGraphFilter::new));
        m.put("edge_ngram", of(InSynonyms.REFUSED, true, (i, e, n, s) -> {
            int min = s.getAsInt("min_gram", 1);
            int max = s.getAsInt("max_gram", 2);
            boolean keep = s.getAsBoolean("preserve_original", false);
            return switch (s.get("side", "front")) {
                case "front" -> t -> new EdgeNGramTokenFilter(t, min, max, keep);
                case "back" -> t -> new ReverseStringFilter(new EdgeNGramTokenFilter(new ReverseStringFilter(t), min, max, keep));
                default -> throw new IllegalArgumentException("invalid side: " + s.get("side"));
            };
        }));
        m.put("ngram", of(InSynonyms.REFUSED, true, (index, e, n, s) -> {
            int min = s.getAsInt("min_gram", 1);
            int max = s.getAsInt("max_gram", 2);
            boolean keep = s.getAsBoolean("preserve_original", false);
            if (max - min > index.getMaxNgramDiff()) {
                throw new IllegalArgumentException(
                    "The difference between max_gram and min_gram in NGram Tokenizer must be less than or equal to: ["
                        + index.getMaxNgramDiff()
                        + "] but was ["
                        + (max - min)
                        + "]. This limit can be set by changing the [index.max_ngram_diff] index level setting."
                );
            }
            return t -> new NGramTokenFilter(t, min, max, keep);
        }));
        m.put("word_delimiter", of(InSynonyms.REFUSED, true, (i, env, n, s) -> {
            int flags = delimiterFlags(s);
            CharArraySet keep = protectedWords(env, s);
            byte[] table = typeTable(env, s);
            return t -> new WordDelimiterFilter(t, table, flags, keep);
        }));
        m.put("word_delimiter_graph", of(InSynonyms.REFUSED, true, (i, env, n, s) -> {
            int flags = delimiterFlags(s) | (s.getAsBoolean("ignore_keywords", false) ? WordDelimiterGraphFilter.IGNORE_KEYWORDS : 0);
            CharArraySet keep = protectedWords(env, s);
            byte[] table = typeTable(env, s);
            boolean offsets = s.getAsBoolean("adjust_offsets", true);
            return t -> new WordDelimiterGraphFilter(t, offsets, table, flags, keep);
        }));
        m.put("pattern_capture", requiresAnalysisSettings(of(InSynonyms.REFUSED, false, (i, e, n, s) -> {
            List<String> patterns = s.getAsList("patterns", null, false);
            if (patterns == null) {
                throw new IllegalArgumentException("required setting 'patterns' is missing for token filter [" + n + "]");
            }
            Pattern[] p = patterns.stream().map(Pattern::compile).toArray(Pattern[]::new);
            boolean keep = s.getAsBoolean("preserve_original", true);
            return t -> new PatternCaptureGroupTokenFilter(t, keep, p);
        })));
        m.put("common_grams", requiresAnalysisSettings(of(InSynonyms.REFUSED, false, (i, env, n, s) -> {
            boolean ignoreCase = s.getAsBoolean("ignore_case", false);
            CharArraySet words = Analysis.parseCommonWords(env, s, null, ignoreCase);
            if (words == null) {
                throw new IllegalArgumentException("missing or empty [common_words] or [common_words_path] configuration for common_grams token filter");
            }
            boolean query = s.getAsBoolean("query_mode", false);
            return t -> query ? new CommonGramsQueryFilter(new CommonGramsFilter(t, words)) : new CommonGramsFilter(t, words);
        })));
        m.put("cjk_bigram", of(InSynonyms.REFUSED, false, (i, e, n, s) -> {
            Set<String> ignored = new HashSet<>(s.getAsList("ignored_scripts"));
            int flags = (ignored.contains("han") ? 0 : CJKBigramFilter.HAN) | (ignored.contains("hiragana") ? 0 : CJKBigramFilter.HIRAGANA)
                | (ignored.contains("katakana") ? 0 : CJKBigramFilter.KATAKANA) | (ignored.contains("hangul") ? 0 : CJKBigramFilter.HANGUL);
            boolean unigrams = s.getAsBoolean("output_unigrams", false);
            return t -> new CJKBigramFilter(t, flags, unigrams);
        }));
        m.put("fingerprint", of(InSynonyms.REFUSED, false, (i, e, n, s) -> {
            char separator = s.get("separator", " ").charAt(0);
            int max = s.getAsInt("max_output_size", 255);
            return t -> new FingerprintFilter(t, max, separator);
        }));
        m.put("min_hash", of(InSynonyms.REFUSED, false, (i, e, n, s) -> {
            int hashes = s.getAsInt("hash_count", MinHashFilter.DEFAULT_HASH_COUNT);
            int buckets = s.getAsInt("bucket_count", MinHashFilter.DEFAULT_BUCKET_COUNT);
            int size = s.getAsInt("hash_set_size", MinHashFilter.DEFAULT_HASH_SET_SIZE);
            boolean rotate = s.getAsBoolean("with_rotation", buckets > 1);
            return t -> new MinHashFilter(t, hashes, buckets, size, rotate);
        }));
        m.put("delimited_payload", of((i, e, n, s) -> {
            char delimiter = s.get("delimiter", "|").charAt(0);
            PayloadEncoder encoder = switch (s.get("encoding", "float")) {
                case "float" -> new FloatEncoder();
                case "int" -> new IntegerEncoder();
                case "identity" -> new IdentityEncoder();
                default -> throw new IllegalArgumentException("unknown encoding [" + s.get("encoding") + "]");
            };
            return t -> new DelimitedPayloadTokenFilter(t, delimiter, encoder);
        }));
        m.put("dictionary_decompounder", requiresAnalysisSettings(of(InSynonyms.REFUSED, false, (i, env, n, s) -> {
            CharArraySet words = Analysis.getWordSet(env, s, "word_list");
            if (words == null) {
                throw new IllegalArgumentException("word_list must be provided for [" + n + "], either as a path to a file, or directly");
            }
            int min = s.getAsInt("min_word_size", DictionaryCompoundWordTokenFilter.DEFAULT_MIN_WORD_SIZE);
            int minSub = s.getAsInt("min_subword_size", DictionaryCompoundWordTokenFilter.DEFAULT_MIN_SUBWORD_SIZE);
            int maxSub = s.getAsInt("max_subword_size", DictionaryCompoundWordTokenFilter.DEFAULT_MAX_SUBWORD_SIZE);
            boolean longest = s.getAsBoolean("only_longest_match", false);
            return t -> new DictionaryCompoundWordTokenFilter(t, words, min, minSub, maxSub, longest);
        })));

        m.put("multiplexer", requiresAnalysisSettings(Multiplexer::new));
        m.put("synonym", requiresAnalysisSettings((i, env, n, s) -> new Synonyms(env, n, s, false)));
        m.put("synonym_graph", requiresAnalysisSettings((i, env, n, s) -> new Synonyms(env, n, s, true)));
        return m;
    }

    /** A stem filter with its own list of words to leave alone. */
    private static AnalysisProvider<TokenFilterFactory> stem(UnaryOperator<TokenStream> f) {
        return of((i, e, n, s) -> {
            CharArraySet keep = Analysis.parseStemExclusion(s, CharArraySet.EMPTY_SET);
            return keep.isEmpty() ? f : t -> f.apply(new SetKeywordMarkerFilter(t, keep));
        });
    }

    private static int delimiterFlags(Settings s) {
        int f = 0;
        f |= s.getAsBoolean("generate_word_parts", true) ? WordDelimiterGraphFilter.GENERATE_WORD_PARTS : 0;
        f |= s.getAsBoolean("generate_number_parts", true) ? WordDelimiterGraphFilter.GENERATE_NUMBER_PARTS : 0;
        f |= s.getAsBoolean("catenate_words", false) ? WordDelimiterGraphFilter.CATENATE_WORDS : 0;
        f |= s.getAsBoolean("catenate_numbers", false) ? WordDelimiterGraphFilter.CATENATE_NUMBERS : 0;
        f |= s.getAsBoolean("catenate_all", false) ? WordDelimiterGraphFilter.CATENATE_ALL : 0;
        f |= s.getAsBoolean("split_on_case_change", true) ? WordDelimiterGraphFilter.SPLIT_ON_CASE_CHANGE : 0;
        f |= s.getAsBoolean("preserve_original", false) ? WordDelimiterGraphFilter.PRESERVE_ORIGINAL : 0;
        f |= s.getAsBoolean("split_on_numerics", true) ? WordDelimiterGraphFilter.SPLIT_ON_NUMERICS : 0;
        f |= s.getAsBoolean("stem_english_possessive", true) ? WordDelimiterGraphFilter.STEM_ENGLISH_POSSESSIVE : 0;
        return f;
    }

    private static CharArraySet protectedWords(Environment env, Settings s) {
        Set<?> words = Analysis.getWordSet(env, s, "protected_words");
        return words == null ? null : CharArraySet.copy(words);
    }

    private static byte[] typeTable(Environment env, Settings s) {
        List<String> rules = Analysis.getWordList(env, s, "type_table");
        if (rules == null) {
            return WordDelimiterIterator.DEFAULT_WORD_DELIM_TABLE;
        }
        Map<Character, Byte> types = new TreeMap<>();
        int size = WordDelimiterIterator.DEFAULT_WORD_DELIM_TABLE.length;
        for (String rule : rules) {
            int arrow = rule.lastIndexOf("=>");
            String left = arrow < 0 ? "" : Tokenizers.unescape(rule.substring(0, arrow).strip());
            if (left.length() != 1) {
                throw new IllegalArgumentException("Invalid Mapping Rule : [" + rule + "]. Only a single character is allowed.");
            }
            byte type = switch (rule.substring(arrow + 2).strip()) {
                case "LOWER" -> WordDelimiterFilter.LOWER;
                case "UPPER" -> WordDelimiterFilter.UPPER;
                case "ALPHA" -> WordDelimiterFilter.ALPHA;
                case "DIGIT" -> WordDelimiterFilter.DIGIT;
                case "ALPHANUM" -> WordDelimiterFilter.ALPHANUM;
                case "SUBWORD_DELIM" -> WordDelimiterFilter.SUBWORD_DELIM;
                default -> throw new IllegalArgumentException("Invalid Mapping Rule : [" + rule + "]. Illegal type.");
            };
            types.put(left.charAt(0), type);
            size = Math.max(size, left.charAt(0) + 1);
        }
        byte[] table = Arrays.copyOf(WordDelimiterIterator.DEFAULT_WORD_DELIM_TABLE, size);
        for (int c = WordDelimiterIterator.DEFAULT_WORD_DELIM_TABLE.length; c < size; c++) {
            table[c] = WordDelimiterIterator.getType(c);
        }
        types.forEach((c, t) -> table[c] = t);
        return table;
    }

    /** The filters which may be named without being defined, also outside an index. */
    static List<PreConfiguredTokenFilter> preConfigured() {
        List<PreConfiguredTokenFilter> l = new ArrayList<>();
        l.add(PreConfiguredTokenFilter.singleton("apostrophe", false, ApostropheFilter::new));
        l.add(PreConfiguredTokenFilter.singleton("arabic_normalization", true, ArabicNormalizationFilter::new));
        l.add(PreConfiguredTokenFilter.singleton("arabic_stem", false, ArabicStemFilter::new));
        l.add(PreConfiguredTokenFilter.singleton("asciifolding", true, ASCIIFoldingFilter::new));
        l.add(PreConfiguredTokenFilter.singleton("bengali_normalization", true, BengaliNormalizationFilter::new));
        l.add(PreConfiguredTokenFilter.singleton("brazilian_stem", false, BrazilianStemFilter::new));
        l.add(PreConfiguredTokenFilter.singleton("cjk_bigram", false, CJKBigramFilter::new));
        l.add(PreConfiguredTokenFilter.singleton("cjk_width", true, CJKWidthFilter::new));
        l.add(PreConfiguredTokenFilter.singleton("classic", false, ClassicFilter::new));
        l.add(PreConfiguredTokenFilter.singleton("common_grams", false, false, t -> new CommonGramsFilter(t, CharArraySet.EMPTY_SET)));
        l.add(PreConfiguredTokenFilter.singleton("czech_stem", false, CzechStemFilter::new));
        l.add(PreConfiguredTokenFilter.singleton("decimal_digit", true, DecimalDigitFilter::new));
        l.add(PreConfiguredTokenFilter.singleton("delimited_payload", false, t -> new DelimitedPayloadTokenFilter(t, '|', new FloatEncoder())));
        l.add(PreConfiguredTokenFilter.singleton("dutch_stem", false, t -> new SnowballFilter(t, "Dutch")));
        l.add(PreConfiguredTokenFilter.singleton("edge_ngram", false, false, t -> new EdgeNGramTokenFilter(t, 1)));
        l.add(PreConfiguredTokenFilter.singleton("elision", true, t -> new ElisionFilter(t, FrenchAnalyzer.DEFAULT_ARTICLES)));
        l.add(PreConfiguredTokenFilter.singleton("flatten_graph", false, false, FlattenGraphFilter::new));
        l.add(PreConfiguredTokenFilter.singleton("french_stem", false, t -> new SnowballFilter(t, "French")));
        l.add(PreConfiguredTokenFilter.singleton("german_normalization", true, GermanNormalizationFilter::new));
        l.add(PreConfiguredTokenFilter.singleton("german_stem", false, GermanStemFilter::new));
        l.add(PreConfiguredTokenFilter.singleton("hindi_normalization", true, HindiNormalizationFilter::new));
        l.add(PreConfiguredTokenFilter.singleton("indic_normalization", true, IndicNormalizationFilter::new));
        l.add(PreConfiguredTokenFilter.singleton("keyword_repeat", false, false, KeywordRepeatFilter::new));
        l.add(PreConfiguredTokenFilter.singleton("kstem", false, KStemFilter::new));
        l.add(PreConfiguredTokenFilter.singleton("length", false, t -> new LengthFilter(t, 0, Integer.MAX_VALUE)));
        l.add(PreConfiguredTokenFilter.singleton("limit", false, t -> new LimitTokenCountFilter(t, 1, false)));
        l.add(PreConfiguredTokenFilter.singleton("ngram", false, false, t -> new NGramTokenFilter(t, 1, 2, false)));
        l.add(PreConfiguredTokenFilter.singleton("persian_normalization", true, PersianNormalizationFilter::new));
        l.add(PreConfiguredTokenFilter.singleton("persian_stem", true, PersianStemFilter::new));
        l.add(PreConfiguredTokenFilter.singleton("porter_stem", false, PorterStemFilter::new));
        l.add(PreConfiguredTokenFilter.singleton("remove_duplicates", false, RemoveDuplicatesTokenFilter::new));
        l.add(PreConfiguredTokenFilter.singleton("reverse", false, ReverseStringFilter::new));
        l.add(PreConfiguredTokenFilter.singleton("russian_stem", false, t -> new SnowballFilter(t, "Russian")));
        l.add(PreConfiguredTokenFilter.singleton("scandinavian_folding", true, ScandinavianFoldingFilter::new));
        l.add(PreConfiguredTokenFilter.singleton("scandinavian_normalization", true, ScandinavianNormalizationFilter::new));
        l.add(PreConfiguredTokenFilter.singleton("serbian_normalization", true, SerbianNormalizationFilter::new));
        l.add(PreConfiguredTokenFilter.singleton("shingle", false, false, ShingleFilter::new));
        l.add(PreConfiguredTokenFilter.singleton("snowball", false, t -> new SnowballFilter(t, "English")));
        l.add(PreConfiguredTokenFilter.singleton("sorani_normalization", true, SoraniNormalizationFilter::new));
        l.add(PreConfiguredTokenFilter.singleton("stemmer", false, PorterStemFilter::new));
        l.add(PreConfiguredTokenFilter.singleton("stop", false, t -> new StopFilter(t, EnglishAnalyzer.ENGLISH_STOP_WORDS_SET)));
        l.add(PreConfiguredTokenFilter.singleton("trim", true, TrimFilter::new));
        l.add(PreConfiguredTokenFilter.singleton("truncate", false, t -> new TruncateTokenFilter(t, 10)));
        l.add(PreConfiguredTokenFilter.singleton("type_as_payload", false, TypeAsPayloadTokenFilter::new));
        l.add(PreConfiguredTokenFilter.singleton("unique", false, t -> new Unique(t, false)));
        l.add(PreConfiguredTokenFilter.singleton("uppercase", true, UpperCaseFilter::new));
        int flags = delimiterFlags(Settings.EMPTY);
        l.add(PreConfiguredTokenFilter.singleton("word_delimiter", false, false, t -> new WordDelimiterFilter(t, flags, null)));
        l.add(PreConfiguredTokenFilter.singleton("word_delimiter_graph", false, false, t -> new WordDelimiterGraphFilter(
            t,
            true,
            WordDelimiterIterator.DEFAULT_WORD_DELIM_TABLE,
            flags,
            null
        )));
        return l;
    }

    /** Passes each term once: in the whole stream, or in one position. */
    static final class Unique extends TokenFilter {
        private final CharTermAttribute term = addAttribute(CharTermAttribute.class);
        private final PositionIncrementAttribute position = addAttribute(PositionIncrementAttribute.class);
        private final CharArraySet seen = new CharArraySet(16, false);
        private final boolean samePosition;

        Unique(TokenStream in, boolean samePosition) {
            super(in);
            this.samePosition = samePosition;
        }

        @Override
        public boolean incrementToken() throws IOException {
            while (input.incrementToken()) {
                if (samePosition && position.getPositionIncrement() > 0) {
                    seen.clear();
                }
                if (seen.add(Arrays.copyOf(term.buffer(), term.length()))) {
                    return true;
                }
            }
            return false;
        }

        @Override
        public void reset() throws IOException {
            super.reset();
            seen.clear();
        }
    }

    /** multiplexer: every token through several chains of filters, all results in its position, each once. */
    private static final class Multiplexer extends AbstractTokenFilterFactory {
        private final List<String> chains;
        private final boolean keep;

        Multiplexer(IndexSettings index, Environment env, String name, Settings s) {
            super(name);
            chains = s.getAsList("filters");
            keep = s.getAsBoolean("preserve_original", true);
        }

        @Override
        public TokenStream create(TokenStream in) {
            throw new UnsupportedOperationException("TokenFilterFactory.getChainAwareTokenFilterFactory() must be called first");
        }

        @Override
        public TokenFilterFactory getSynonymFilter() {
            throw new IllegalArgumentException("Token filter [" + name() + "] cannot be used to parse synonyms");
        }

        @Override
        public TokenFilterFactory getChainAwareTokenFilterFactory(
            IndexCreationContext context,
            TokenizerFactory tokenizer,
            List<CharFilterFactory> charFilters,
            List<TokenFilterFactory> before,
            java.util.function.Function<String, TokenFilterFactory> named
        ) {
            List<List<TokenFilterFactory>> resolved = new ArrayList<>();
            if (keep) {
                resolved.add(List.of());
            }
            for (String chain : chains) {
                List<TokenFilterFactory> l = new ArrayList<>();
                List<TokenFilterFactory> previous = new ArrayList<>(before);
                for (String n : chain.split(",")) {
                    TokenFilterFactory f = named.apply(n.strip());
                    if (f == null) {
                        throw new IllegalArgumentException("Multiplexing filter [" + name() + "] refers to undefined tokenfilter [" + n + "]");
                    }
                    f = f.getChainAwareTokenFilterFactory(context, tokenizer, charFilters, previous, named);
                    l.add(f);
                    previous.add(f);
                }
                resolved.add(l);
            }
            String name = name();
            return new AbstractTokenFilterFactory(name) {
                @Override
                public TokenStream create(TokenStream in) {
                    return new RemoveDuplicatesTokenFilter(new Multiplex(in, resolved));
                }

                @Override
                public TokenFilterFactory getSynonymFilter() {
                    throw new IllegalArgumentException("Token filter [" + name + "] cannot be used to parse synonyms");
                }
            };
        }
    }

    private static final class Multiplex extends TokenFilter {
        private final PositionIncrementAttribute position = addAttribute(PositionIncrementAttribute.class);
        private final One one;
        private final List<TokenStream> chains = new ArrayList<>();
        private State token;
        private int next;
        private boolean running;
        private boolean first;
        private int increment;

        Multiplex(TokenStream in, List<List<TokenFilterFactory>> filters) {
            super(in);
            one = new One(in);
            for (List<TokenFilterFactory> l : filters) {
                TokenStream s = one;
                for (TokenFilterFactory f : l) {
                    s = f.create(s);
                }
                chains.add(s);
            }
            next = chains.size();
        }

        @Override
        public boolean incrementToken() throws IOException {
            while (true) {
                if (running) {
                    TokenStream chain = chains.get(next);
                    if (chain.incrementToken()) {
                        // Results of one token share its position; the first of them carries the step from the token before.
                        position.setPositionIncrement(first ? increment : 0);
                        first = false;
                        return true;
                    }
                    chain.end();
                    running = false;
                    next++;
                }
                if (next >= chains.size()) {
                    if (input.incrementToken() == false) {
                        return false;
                    }
                    token = captureState();
                    increment = position.getPositionIncrement();
                    first = true;
                    next = 0;
                }
                restoreState(token);
                chains.get(next).reset();
                one.again = true;
                running = true;
            }
        }

        @Override
        public void reset() throws IOException {
            super.reset();
            next = chains.size();
            running = false;
        }
    }

    /** Gives the token that the shared attributes hold, once; its input is driven by Multiplex alone. */
    private static final class One extends TokenFilter {
        private boolean again;

        One(TokenStream in) {
            super(in);
        }

        @Override
        public boolean incrementToken() {
            boolean now = again;
            again = false;
            return now;
        }

        @Override
        public void reset() {}

        @Override
        public void end() {}

        @Override
        public void close() {}
    }
}
