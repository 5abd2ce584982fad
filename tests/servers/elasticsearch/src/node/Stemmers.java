package node;

import java.util.Locale;
import java.util.function.UnaryOperator;

import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.snowball.SnowballFilter;

/** The languages of the stemmer filter. */
final class Stemmers {
    private Stemmers() {}

    private static UnaryOperator<TokenStream> snowball(String name) {
        return t -> new SnowballFilter(t, name);
    }

    /** null: no such stemmer. */
    static UnaryOperator<TokenStream> of(String language) {
        return switch (language.toLowerCase(Locale.ROOT)) {
            case "arabic" -> org.apache.lucene.analysis.ar.ArabicStemFilter::new;
            case "bengali" -> org.apache.lucene.analysis.bn.BengaliStemFilter::new;
            case "brazilian" -> org.apache.lucene.analysis.br.BrazilianStemFilter::new;
            case "bulgarian" -> org.apache.lucene.analysis.bg.BulgarianStemFilter::new;
            case "czech" -> org.apache.lucene.analysis.cz.CzechStemFilter::new;
            case "english", "porter" -> org.apache.lucene.analysis.en.PorterStemFilter::new;
            case "light_english", "kstem" -> org.apache.lucene.analysis.en.KStemFilter::new;
            case "minimal_english" -> org.apache.lucene.analysis.en.EnglishMinimalStemFilter::new;
            case "possessive_english" -> org.apache.lucene.analysis.en.EnglishPossessiveFilter::new;
            case "porter2" -> snowball("English");
            case "lovins" -> snowball("Lovins");
            case "light_finnish" -> org.apache.lucene.analysis.fi.FinnishLightStemFilter::new;
            case "light_french" -> org.apache.lucene.analysis.fr.FrenchLightStemFilter::new;
            case "minimal_french" -> org.apache.lucene.analysis.fr.FrenchMinimalStemFilter::new;
            case "galician" -> org.apache.lucene.analysis.gl.GalicianStemFilter::new;
            case "minimal_galician" -> org.apache.lucene.analysis.gl.GalicianMinimalStemFilter::new;
            case "german2", "german" -> snowball("German");
            case "light_german" -> org.apache.lucene.analysis.de.GermanLightStemFilter::new;
            case "minimal_german" -> org.apache.lucene.analysis.de.GermanMinimalStemFilter::new;
            case "greek" -> org.apache.lucene.analysis.el.GreekStemFilter::new;
            case "hindi" -> org.apache.lucene.analysis.hi.HindiStemFilter::new;
            case "light_hungarian" -> org.apache.lucene.analysis.hu.HungarianLightStemFilter::new;
            case "indonesian" -> org.apache.lucene.analysis.id.IndonesianStemFilter::new;
            case "light_italian" -> org.apache.lucene.analysis.it.ItalianLightStemFilter::new;
            case "latvian" -> org.apache.lucene.analysis.lv.LatvianStemFilter::new;
            case "light_norwegian" -> org.apache.lucene.analysis.no.NorwegianLightStemFilter::new;
            case "minimal_norwegian" -> org.apache.lucene.analysis.no.NorwegianMinimalStemFilter::new;
            case "light_nynorsk" -> t -> new org.apache.lucene.analysis.no.NorwegianLightStemFilter(t, 2);
            case "minimal_nynorsk" -> t -> new org.apache.lucene.analysis.no.NorwegianMinimalStemFilter(t, 2);
            case "persian" -> org.apache.lucene.analysis.fa.PersianStemFilter::new;
            case "light_portuguese" -> org.apache.lucene.analysis.pt.PortugueseLightStemFilter::new;
            case "minimal_portuguese" -> org.apache.lucene.analysis.pt.PortugueseMinimalStemFilter::new;
            case "portuguese_rslp" -> org.apache.lucene.analysis.pt.PortugueseStemFilter::new;
            case "light_russian" -> org.apache.lucene.analysis.ru.RussianLightStemFilter::new;
            case "sorani" -> org.apache.lucene.analysis.ckb.SoraniStemFilter::new;
            case "light_spanish" -> org.apache.lucene.analysis.es.SpanishLightStemFilter::new;
            case "minimal_spanish", "spanish_plural" -> org.apache.lucene.analysis.es.SpanishPluralStemFilter::new;
            case "light_swedish" -> org.apache.lucene.analysis.sv.SwedishLightStemFilter::new;
            case "minimal_swedish" -> org.apache.lucene.analysis.sv.SwedishMinimalStemFilter::new;
            case "telugu" -> org.apache.lucene.analysis.te.TeluguStemFilter::new;
            case "armenian" -> snowball("Armenian");
            case "basque" -> snowball("Basque");
            case "catalan" -> snowball("Catalan");
            case "danish" -> snowball("Danish");
            case "dutch", "dutch_kp", "kp" -> snowball("Dutch");
            case "estonian" -> snowball("Estonian");
            case "finnish" -> snowball("Finnish");
            case "french" -> snowball("French");
            case "hungarian" -> snowball("Hungarian");
            case "irish" -> snowball("Irish");
            case "italian" -> snowball("Italian");
            case "lithuanian" -> snowball("Lithuanian");
            case "norwegian" -> snowball("Norwegian");
            case "portuguese" -> snowball("Portuguese");
            case "romanian" -> snowball("Romanian");
            case "russian" -> snowball("Russian");
            case "serbian" -> snowball("Serbian");
            case "spanish" -> snowball("Spanish");
            case "swedish" -> snowball("Swedish");
            case "turkish" -> snowball("Turkish");
            case "yiddish" -> snowball("Yiddish");
            default -> null;
        };
    }
}
